"""Gatys style transfer with the features of a checkpoint."""
