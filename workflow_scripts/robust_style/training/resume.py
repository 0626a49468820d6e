"""What a killed segment left behind, so that it goes on from its last full epoch."""

from pathlib import Path

from robust_style.artefact.atomic import write_text
from robust_style.artefact.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from robust_style.errors import CheckpointError, Divergence

_PREFIX = "epoch_state"
_DIVERGED = "diverged"


class ResumeState:
    """The state after the last full epoch of one segment, in a folder of its own.

    The file's name carries the hash of everything the segment depends on (`binding`), so that a state made under
    other settings, code or data is never continued.
    """

    def __init__(self, folder: Path, binding: str) -> None:
        self._folder = folder
        self._file = folder / f"{_PREFIX}.{binding}.pt"
        self._verdict = folder / f"{_DIVERGED}.{binding}.txt"

    def read(self) -> tuple[Checkpoint | None, str | None]:
        """The state to go on from, or None; and a sentence for the log if something else was found."""
        strangers = [path for path in self._folder.glob(f"{_PREFIX}.*.pt") if path != self._file]
        if self._file.is_file():
            try:
                return load_checkpoint(self._file), None
            except CheckpointError as error:
                return None, f"resume state is damaged, starting from the segment's first epoch ({error})"
        if strangers:
            return None, (
                f"resume state {strangers[0].name} belongs to other settings, code or data; "
                "starting from the segment's first epoch"
            )
        return None, None

    def write(self, state: Checkpoint) -> None:
        """Replaces the state by `state`, whole or not at all."""
        save_checkpoint(self._file, state)

    def refuse_divergence_again(self) -> None:
        """Raises Divergence if this very segment diverged before: it would again, after as many hours."""
        if self._verdict.is_file():
            raise Divergence(
                f"{self._verdict.read_text(encoding='utf-8').strip()} (so it ended before, and it would again; delete "
                f"{self._verdict} to try all the same)"
            )

    def write_divergence(self, error: Divergence) -> None:
        """Keeps the verdict for whoever starts this segment again, such as a workflow's own retries."""
        write_text(self._verdict, f"{error}\n")

    def discard(self) -> None:
        """Deletes this state, those of other settings, and what a killed process left half-written."""
        for pattern in (f"{_PREFIX}.*.pt", f".{_PREFIX}.*.pt", f"{_DIVERGED}.*.txt"):
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)
