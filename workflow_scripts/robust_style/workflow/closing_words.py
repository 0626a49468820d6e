"""What a run says when it ends: where to look, or what to do. Paths are quoted for a shell."""

from pathlib import Path
from shlex import quote


def where_to_look(results: str) -> str:
    """For a run that went well; `results` is its folder. Names the last product only where it was made."""

    def place(product: str) -> str:
        return quote(f"{results}/{product}")

    if not Path(results, "check.json").exists():
        return f"\nDone, as far as it was asked for; everything lies in {place('')}."
    return (
        f"\nDone. Look at {place('figures/standard_vs_adversarial.png')}, open {place('comparison/index.html')} in a "
        f"browser,\nread {place('scores.tsv')} and {place('claims.tsv')}; build a report with "
        f"--report {place('report.html')}."
    )


def what_to_do(log: object, logs: str) -> str:
    """For a run that stopped; `log` is Snakemake's own (a path or several), `logs` the folder of the jobs' logs."""
    paths = ", ".join(quote(str(path)) for path in (log if isinstance(log, list | tuple) else [log]))
    return (
        f"\nStopped. The first line above that begins with `error:` says what to mend; all of it is in {paths}, "
        f"each job's own log in {quote(logs)}.\nFinished work is kept: the same command goes on from there "
        "(after a kill -9, `snakemake --unlock` first)."
    )
