"""Optimisers that minimise many independent problems in one batch."""
