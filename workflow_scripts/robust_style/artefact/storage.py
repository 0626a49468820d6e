"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.artefact.atomic import storage_error as storage_error
from robust_style.artefact.atomic import writing as writing
