"""Pages of the report: the answer and the methods."""
