"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.compute.determinism import software_versions as software_versions
