"""What one job was made by: code, settings, inputs, versions, device, switches. Nothing that names a person or a host.

The record lies at `provenance/<rule>/….json` below the results, where the log lies below the logs. It is no declared
output: a record that was lost must not train a network again. It changes no result either, so that fingerprints leave
this module out. Two runs of the same thing give the same bytes: there is no time and no place in it.
"""

import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from robust_style.artefact.digest import sha256_of_file, sha256_of_settings
from robust_style.artefact.folder import files_of
from robust_style.artefact.json_file import write_json
from robust_style.model.kinds import without_place
from robust_style.provenance.run import package_versions
from robust_style.provenance.switches import torch_switches

FOLDER = "provenance"


@runtime_checkable
class Job(Protocol):
    """What Snakemake gives a script under the name `snakemake`."""

    log: Any
    rule: str
    input: Any
    output: Any
    params: Any
    wildcards: Any
    config: Any


@contextmanager
def recorded(job: Job) -> Iterator[None]:
    """Writes the record of `job` when the block ends well.

    An older record is deleted first, so that none ever stands beside what it does not describe. A script run by hand,
    whose log is not where the configuration has the logs, leaves no record.
    Raises StorageError where the record cannot be written.
    """
    record = _place(job)
    if record is None:
        yield
        return
    record.unlink(missing_ok=True)
    yield
    write_json(record, _content(job, _results(job)))


def _place(job: Job) -> Path | None:
    logs = Path(_folder(job, "logs", "<results>/logs").replace("<results>", str(_results(job))))
    log = Path(job.log[0])
    return _results(job) / FOLDER / log.relative_to(logs).with_suffix(".json") if log.is_relative_to(logs) else None


def _results(job: Job) -> Path:
    return Path(_folder(job, "results", "results"))


def _folder(job: Job, name: str, default: str) -> str:
    return str(job.config.get("pathvars", {}).get(name, default))


def _content(job: Job, results: Path) -> dict[str, Any]:
    products = _listed(getattr(job.input, "products", ()))
    settings = dict(_items(job.params))
    wildcards = {name: str(value) for name, value in _items(job.wildcards)}
    return {
        "rule": job.rule,
        "wildcards": wildcards,
        "seed": int(wildcards["seed"]) if "seed" in wildcards else None,
        "code": settings.pop("code", None),
        "settings_sha256": sha256_of_settings(_plain(settings)),
        "inputs": _digests([path for path in job.input if path not in products], results),
        # Inputs of this name are those of the manifest, which has their hashes: they are not read once more.
        "products": len(products),
        "outputs": _digests(job.output, results),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": package_versions(),
        "torch": torch_switches(),
    }


def _digests(paths: Iterable[str], results: Path) -> dict[str, str]:
    """SHA-256 by path below the results; a file from elsewhere by its name alone, numbered where that is taken."""
    found: dict[str, str] = {}
    for path in (file for listed in paths for file in sorted(files_of(Path(listed)))):
        if not path.exists():
            continue  # Snakemake says so better
        name = path.relative_to(results).as_posix() if path.is_relative_to(results) else path.name
        if name in found:
            name = f"{name} ({len(found)})"
        found[name] = sha256_of_file(path)
    return found


def _listed(value: Any) -> frozenset[str]:
    return frozenset([value] if isinstance(value, str) else value)


def _items(named: Any) -> Iterable[tuple[str, Any]]:
    # Snakemake's lists with names have `items`, the tests' plain objects do not.
    return list(named.items() if hasattr(named, "items") else vars(named).items())


def _plain(value: Any) -> Any:
    """Plain data as JSON can spell it, folders of files taken away: a hash of a short secret could be guessed."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, str):
        # A text in JSON is a whole configuration, from which the rule has taken the folders.
        return value if value.startswith(("{", "[")) else without_place(value)
    if isinstance(value, Iterable):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, int | float | None) else str(value)
