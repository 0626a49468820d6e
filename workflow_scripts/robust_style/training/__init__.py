"""Training of networks in segments, and the measurement of their accuracy."""
