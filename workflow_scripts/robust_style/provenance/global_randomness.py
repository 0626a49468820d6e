"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.compute.randomness import lent_randomness as lent_randomness
from robust_style.compute.randomness import seed_globally as seed_globally
