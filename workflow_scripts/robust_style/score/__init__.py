"""Measures of one stylised picture, and the tables made of them."""
