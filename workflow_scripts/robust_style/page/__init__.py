"""The self-contained page to explore the pictures."""
