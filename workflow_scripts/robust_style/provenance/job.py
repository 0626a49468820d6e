"""The record of one job: code, settings, inputs, outputs, software, device. The source of manifest, run record, crate.

The file is `provenance/<rule>/….json` below the results, with the same relative path as the job's log. It is not a
declared output: losing a record must not retrain a network, and `workflow.fingerprint` ignores this module for the same
reason. It contains no time, folder, user or host, so equal jobs write equal bytes.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from robust_style.errors import ResultError
from robust_style.files.atomic import write_json
from robust_style.files.digest import files_of, sha256_of_file, sha256_of_settings
from robust_style.model.kinds import without_place
from robust_style.provenance.run import environment

FOLDER = "provenance"


@dataclass(frozen=True)
class JobRecord:
    """What one job did.

    `code` is the fingerprint of its code, `inputs` and `outputs` are SHA-256 by path below the results (a file from
    elsewhere by its name), `products` the number of inputs that the manifest lists instead, `packages` versions by name
    (None: not installed), `torch` device and determinism switches (None: torch was not loaded).
    """

    rule: str
    wildcards: dict[str, str]
    seed: int | None
    code: str | None
    settings_sha256: str
    inputs: dict[str, str]
    products: int
    outputs: dict[str, str]
    python: str
    machine: str
    packages: dict[str, str | None]
    torch: dict[str, Any] | None

    def save(self, path: Path) -> None:
        """Write the record as JSON. Raises StorageError if it cannot be written."""
        write_json(path, asdict(self))

    @classmethod
    def load(cls, path: Path) -> "JobRecord":
        """Read a record. Raises ResultError if the file is missing, damaged or something else."""
        try:
            content = json.loads(path.read_bytes())
            are_mappings = all(isinstance(content[part], dict) for part in ("inputs", "outputs", "packages"))
            if are_mappings and set(content) == set(cls.__dataclass_fields__):
                return cls(**content)
            reason = "other content"
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            reason = f"{type(error).__name__}: {error}"
        raise ResultError(f"{path}: not the record of a job ({reason}); delete it and run the workflow again")


@runtime_checkable
class Job(Protocol):
    """The object `snakemake` of a script."""

    log: Any
    rule: str
    input: Any
    output: Any
    params: Any
    wildcards: Any
    config: Any


@contextmanager
def recorded(job: Job) -> Iterator[None]:
    """Write the record of `job` when the block ends without an error.

    An older record is deleted first: it would not describe the new outputs. No record is written if the log is outside
    the configured logs, as in a script run by hand. Raises StorageError if the record cannot be written.
    """
    path = _record_path(job)
    if path is None:
        yield
        return
    path.unlink(missing_ok=True)
    yield
    _record(job).save(path)


def _record_path(job: Job) -> Path | None:
    results = _results(job)
    logs = Path(_pathvar(job, "logs", "<results>/logs").replace("<results>", str(results)))
    log = Path(job.log[0])
    return results / FOLDER / log.relative_to(logs).with_suffix(".json") if log.is_relative_to(logs) else None


def _results(job: Job) -> Path:
    return Path(_pathvar(job, "results", "results"))


def _pathvar(job: Job, name: str, default: str) -> str:
    return str(job.config.get("pathvars", {}).get(name, default))


def _record(job: Job) -> JobRecord:
    results = _results(job)
    products = getattr(job.input, "products", ())
    products = {products} if isinstance(products, str) else set(products)
    settings = dict(_items(job.params))
    code = settings.pop("code", None)
    wildcards = {name: str(value) for name, value in _items(job.wildcards)}
    return JobRecord(
        rule=job.rule,
        wildcards=wildcards,
        seed=int(wildcards["seed"]) if "seed" in wildcards else None,
        code=code,
        settings_sha256=sha256_of_settings(_plain(settings)),
        # The manifest has the hashes of inputs named `products`; hashing them twice would take minutes.
        inputs=_digests([path for path in job.input if path not in products], results),
        products=len(products),
        outputs=_digests(job.output, results),
        **environment(),
        torch=_torch_state(),
    )


def _digests(paths: Iterable[str], results: Path) -> dict[str, str]:
    """Return SHA-256 by path below the results; by file name, numbered if repeated, for files from elsewhere."""
    digests: dict[str, str] = {}
    for path in (file for product in paths for file in sorted(files_of(Path(product)))):
        if not path.exists():
            continue  # Snakemake reports a missing output itself
        name = path.relative_to(results).as_posix() if path.is_relative_to(results) else path.name
        if name in digests:
            name = f"{name} ({len(digests)})"
        digests[name] = sha256_of_file(path)
    return digests


def _torch_state() -> dict[str, Any] | None:
    """Return device and determinism switches; None if the job did not load torch, which takes a second to import."""
    if "torch" not in sys.modules:
        return None
    from robust_style.compute.determinism import determinism_switches
    from robust_style.compute.device import describe_device

    return describe_device() | determinism_switches()


def _items(named: Any) -> Iterable[tuple[str, Any]]:
    # Snakemake's named lists have `items`, plain namespaces do not.
    return list(named.items() if hasattr(named, "items") else vars(named).items())


def _plain(value: Any) -> Any:
    """Return `value` as JSON data with folders removed from paths: the hash of a short path could be guessed."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, str):
        # JSON text is a configuration from which the rule has removed the folders.
        return value if value.startswith(("{", "[")) else without_place(value)
    if isinstance(value, Iterable):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, int | float | None) else str(value)
