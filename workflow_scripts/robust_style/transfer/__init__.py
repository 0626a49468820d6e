"""Gatys style transfer with the features of a checkpoint: from a recipe and images to pictures and their traces."""
