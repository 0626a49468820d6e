"""A download that is not finished: its bytes so far, and what they are the beginning of."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from robust_style.artefact.atomic import write_text


@dataclass(frozen=True)
class Origin:
    """What the bytes so far came from. `validator` is a strong ETag or a Last-Modified date, None without either."""

    url: str
    sha256: str
    validator: str | None


@dataclass(frozen=True)
class Partial:
    """`<destination>.partial` and its sidecar `<destination>.partial.json`; both outlive a killed process."""

    path: Path

    @classmethod
    def of(cls, destination: Path) -> "Partial":
        """The partial file that belongs to `destination`."""
        return cls(destination.with_name(destination.name + ".partial"))

    @property
    def sidecar(self) -> Path:
        """Where the origin of the bytes is written."""
        return self.path.with_name(self.path.name + ".json")

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def origin(self) -> Origin | None:
        """What the bytes came from; None where nobody says so, and they are worth nothing."""
        try:
            return Origin(**json.loads(self.sidecar.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def set_origin(self, origin: Origin) -> None:
        """Writes down where the bytes come from, before the first of them is stored."""
        write_text(self.sidecar, json.dumps(asdict(origin)) + "\n")

    def discard(self) -> None:
        """Removes the bytes and their sidecar."""
        self.path.unlink(missing_ok=True)
        self.sidecar.unlink(missing_ok=True)

    def finish(self, destination: Path) -> None:
        """Gives the bytes their final name, synced, so that the name also survives a loss of power."""
        for path in (self.path, self.path.parent):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        self.path.replace(destination)
        self.sidecar.unlink(missing_ok=True)
