"""The page to explore the pictures, offline: a folder, and an edition in one file."""
