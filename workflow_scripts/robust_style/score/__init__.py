"""Measures of one stylized picture, and the tables made of them."""
