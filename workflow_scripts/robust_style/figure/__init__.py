"""Figures: one visual language for all of them."""
