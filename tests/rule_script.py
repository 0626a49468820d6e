"""A rule's script as Snakemake runs it: the same file, the same names, its exit status and its last words."""

import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow_scripts"


@dataclass(frozen=True)
class Outcome:
    """How a script ended: exit status 0 or that of `SystemExit`, and what stands in its log.

    An exception of any other kind is the traceback that no user mistake may end in; it is not caught.
    """

    code: int
    log: str

    @property
    def error(self) -> str:
        """The one sentence behind `error: `, the log's last line."""
        last = self.log.rstrip().splitlines()[-1] if self.log.strip() else ""
        assert last.startswith("error: "), f"expected an error as the last words, found {last!r}"
        return last.removeprefix("error: ")


class _Files(list[Any]):
    """Snakemake's Namedlist: by number and by name."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        values = [[value] if not isinstance(value, list) else value for value in named.values()]
        super().__init__(one for value in values for one in value)
        self.__dict__.update(named)


def run_script(
    rule: str,
    log: Path,
    *,
    input: Mapping[str, Any] | None = None,
    output: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    wildcards: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
    threads: int = 1,
) -> Outcome:
    """Runs workflow_scripts/RULE.py in this process, its paths as text, as Snakemake gives them."""
    given = SimpleNamespace(
        input=_Files(_texts(input)),
        output=_Files(_texts(output)),
        params=SimpleNamespace(**(params or {})),
        wildcards=SimpleNamespace(**(wildcards or {})),
        config=dict(config or {}),
        log=[str(log)],
        rule=rule,
        threads=threads,
    )
    try:
        runpy.run_path(str(SCRIPTS / f"{rule}.py"), init_globals={"snakemake": given})
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    return Outcome(code, log.read_text(encoding="utf-8") if log.exists() else "")


def _texts(named: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        name: [str(one) for one in value] if isinstance(value, list) else str(value)
        for name, value in (named or {}).items()
    }
