"""Pages of the report: the answer first, and the methods from the configuration."""
