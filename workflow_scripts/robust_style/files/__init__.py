"""Files: atomic writing, hashes, checkpoints."""
