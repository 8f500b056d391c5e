"""One machine, one thread: from order to warning, for machine-tool builders."""
