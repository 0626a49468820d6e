"""What is claimed about painters, and whether the scores bear it out."""
