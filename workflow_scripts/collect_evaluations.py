from pathlib import Path

from robust_style.score.evaluation_tables import collect_evaluations
from robust_style.workflow.entry import step

with step(snakemake):
    collect_evaluations(
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        table=Path(snakemake.output.table),
        history=Path(snakemake.output.history),
    )
