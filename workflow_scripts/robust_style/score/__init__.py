"""Scores of pictures, the tables of them, and the claims judged by these tables."""
