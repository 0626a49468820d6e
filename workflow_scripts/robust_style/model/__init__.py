"""Networks, their named layers, and the shims that keep the `robustness` library importable."""
