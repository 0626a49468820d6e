"""Networks, their named layers, and imports of other programs' checkpoints."""
