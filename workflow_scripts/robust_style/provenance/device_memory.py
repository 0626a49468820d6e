"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.compute.device import within_memory as within_memory
