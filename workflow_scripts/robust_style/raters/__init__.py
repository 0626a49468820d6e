"""Networks that rate pictures they did not paint."""
