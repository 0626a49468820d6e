"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.compute.memory import available_bytes as available_bytes
from robust_style.compute.memory import within_memory as within_memory
