"""Training in segments of epochs, evaluation of checkpoints."""
