"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.artefact.atomic import exclusive_lock as exclusive_lock
