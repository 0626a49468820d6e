"""Old name, kept until the imports of other packages are rewritten."""

from robust_style.artefact.atomic import read_json as read_json
from robust_style.artefact.atomic import write_json as write_json
