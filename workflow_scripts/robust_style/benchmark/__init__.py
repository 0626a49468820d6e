"""How fast it is, held against others in one interleaved run."""
