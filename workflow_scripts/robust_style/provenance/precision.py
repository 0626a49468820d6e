"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.compute.device import autocast as autocast
from robust_style.compute.device import choose_precision as choose_precision
from robust_style.compute.device import dtype_of as dtype_of
from robust_style.compute.device import has_matrix_tiles as has_matrix_tiles
