"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.compute.randomness import derive_seed as derive_seed
from robust_style.compute.randomness import stream as stream
