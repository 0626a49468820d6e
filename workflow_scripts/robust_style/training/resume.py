"""Resuming a segment: the state after its last full epoch is kept."""

from pathlib import Path

from robust_style.errors import CheckpointError, Divergence
from robust_style.files.atomic import write_text
from robust_style.files.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

_PREFIX = "epoch_state"
_DIVERGED = "diverged"


class ResumeState:
    """The state after the last full epoch of one segment, in a folder of its own.

    The file name has the hash of everything the segment depends on (`binding`), so that a state from other settings,
    code or data is never resumed.
    """

    def __init__(self, folder: Path, binding: str) -> None:
        self._folder = folder
        self._file = folder / f"{_PREFIX}.{binding}.pt"
        self._divergence = folder / f"{_DIVERGED}.{binding}.txt"

    def load(self) -> tuple[Checkpoint | None, str | None]:
        """The state to resume from, or None; and a message for the log if a state cannot be used."""
        others = [path for path in self._folder.glob(f"{_PREFIX}.*.pt") if path != self._file]
        if self._file.is_file():
            try:
                return load_checkpoint(self._file), None
            except CheckpointError as error:
                return None, f"resume state is damaged, starting from the segment's first epoch ({error})"
        if others:
            return None, (
                f"resume state {others[0].name} belongs to other settings, code or data; "
                "starting from the segment's first epoch"
            )
        return None, None

    def save(self, state: Checkpoint) -> None:
        """Replace the kept state by `state`, atomically."""
        save_checkpoint(self._file, state)

    def raise_if_diverged_before(self) -> None:
        """Raise Divergence if this very segment diverged before: it would again, after as many hours."""
        if self._divergence.is_file():
            raise Divergence(
                f"{self._divergence.read_text(encoding='utf-8').strip()} (this happened in an earlier attempt and "
                f"would happen again; delete {self._divergence} to try all the same)"
            )

    def save_divergence(self, error: Divergence) -> None:
        """Keep the error for the next attempt, such as Snakemake's retries."""
        write_text(self._divergence, f"{error}\n")

    def discard(self) -> None:
        """Delete this state, those of other settings, and temporary files of killed processes."""
        for pattern in (f"{_PREFIX}.*.pt", f".{_PREFIX}.*.pt", f"{_DIVERGED}.*.txt"):
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)
