"""The only places where samegauge parses XML, calls other hosts, starts programs or touches keys."""
