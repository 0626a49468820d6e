"""The command line: `robust-style paint`, `layers`, `export`, `convert`."""
