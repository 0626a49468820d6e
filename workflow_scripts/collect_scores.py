from pathlib import Path

from robust_style.score.collect import collect_scores
from robust_style.workflow.entry import step

with step(snakemake.log[0]):
    collect_scores(
        scores=[Path(path) for path in snakemake.input.scores],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        table=Path(snakemake.output.table),
    )
