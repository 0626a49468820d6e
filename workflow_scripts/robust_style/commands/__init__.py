"""The command line: `robust-style paint`, `app`, `layers`, `export`, `convert`."""
