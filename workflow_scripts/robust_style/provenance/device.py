"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.compute.device import choose_device as choose_device
