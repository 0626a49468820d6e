"""Everything that comes from outside, verified before the first hour of training."""

from collections.abc import Sequence
from pathlib import Path

from robust_style.artefact.digest import sha256_of_file
from robust_style.artefact.json_file import write_json


def check_inputs(*, files: Sequence[Path], record: Path) -> None:
    """Writes the SHA-256 of each prepared file to the JSON file `record`.

    The files are what other steps made of images, archives and networks of others, each verified by the step that made
    it; that all of them are there is what training waits for.
    """
    # The last four parts tell one checkpoint from another, and no folder of one machine.
    write_json(record, {"/".join(path.parts[-4:]): sha256_of_file(path) for path in files})
    print(f"{len(files)} inputs verified")
