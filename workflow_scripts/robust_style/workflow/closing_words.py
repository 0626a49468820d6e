"""What a run says when it ends: where to look, or what to do."""

import shlex
from pathlib import Path


def where_to_look(results: str) -> str:
    """For a run that went well; `results` is its folder. Names the last product only where it was made.

    Paths are quoted for a shell.
    """
    folder = shlex.quote(f"{results}/")
    if not Path(results, "check.json").exists():
        return f"\nDone, as far as it was asked for; everything lies in {folder}."

    def product(name: str) -> str:
        return shlex.quote(f"{results}/{name}")

    return (
        f"\nDone. Look at {product('figures/standard_vs_adversarial.png')}, open {product('comparison/index.html')} "
        f"in a browser,\nread {product('scores.tsv')} and {product('claims.tsv')}; build a report with "
        f"--report {product('report.html')}."
    )


def what_to_do(log: object, logs: str) -> str:
    """For a run that stopped; `log` is Snakemake's own (a path or several), `logs` the folder of the jobs' logs."""
    paths = ", ".join(shlex.quote(str(path)) for path in (log if isinstance(log, list | tuple) else [log]))
    return (
        f"\nStopped. The first line above that begins with `error:` says what to mend; all of it is in {paths}, "
        f"each job's own log in {shlex.quote(logs)}.\nFinished work is kept: the same command goes on from there "
        "(after a kill -9, `snakemake --unlock` first)."
    )
