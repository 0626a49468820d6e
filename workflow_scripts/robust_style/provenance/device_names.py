"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.compute.device_names import device_fault as device_fault
