"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.compute.determinism import make_deterministic as make_deterministic
