"""Adversarial examples: projected gradient descent."""
