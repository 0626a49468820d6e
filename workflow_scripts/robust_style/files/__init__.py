"""Files: atomic writing, hashes, and the formats that several packages read (checkpoint, trace, evaluation, tables)."""
