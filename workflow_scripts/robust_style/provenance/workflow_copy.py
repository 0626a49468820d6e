"""The workflow as it is, beside what it made: a crate must hold what it calls its main entity."""

import shutil
from pathlib import Path

from robust_style.artefact.folder import whole_folder

ROOT = Path(__file__).resolve().parents[3]
# The code, what it runs in and under which terms. The configuration is not among it: a user's file may name folders of
# one machine, and what the run was configured with stands in provenance/run.json without them.
PARTS = {
    "Snakefile": "Snakefile",
    "rules": "*.smk",
    "workflow_scripts": "**/*",
    "envs": "*.yaml",
    "report": "*.rst",
    "LICENSE": "LICENSE",
    "CITATION.cff": "CITATION.cff",
}
SUFFIXES = {"", ".smk", ".py", ".typed", ".html", ".css", ".js", ".yaml", ".rst", ".cff"}


def copy_workflow(folder: Path, root: Path = ROOT) -> None:
    """Makes `folder` a copy of the workflow's code, whole or not at all; nothing of an older copy is left.

    Raises StorageError where it cannot be written.
    """
    with whole_folder(folder) as unfinished:
        for source in sorted(_sources(root)):
            copy = unfinished / source.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def _sources(root: Path) -> list[Path]:
    listed = [root / part if part == pattern else root / part / pattern for part, pattern in PARTS.items()]
    found = [path for pattern in listed for path in root.glob(pattern.relative_to(root).as_posix())]
    return [path for path in found if path.is_file() and path.suffix in SUFFIXES and "__pycache__" not in path.parts]
