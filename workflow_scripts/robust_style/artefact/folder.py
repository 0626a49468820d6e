"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.artefact.atomic import whole_folder as whole_folder
from robust_style.artefact.digest import files_of as files_of
