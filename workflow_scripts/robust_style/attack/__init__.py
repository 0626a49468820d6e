"""Adversarial examples: constraint sets and projected gradient descent."""
