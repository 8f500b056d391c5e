"""`samegauge ...`: one file per command, each with `add_arguments(parser)` and `run(options) -> int`."""
