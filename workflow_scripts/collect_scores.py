from pathlib import Path

from robust_style.score.score_tables import collect_scores
from robust_style.workflow.entry import step

with step(snakemake):
    collect_scores(
        scores=[Path(path) for path in snakemake.input.scores],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        ratings=[Path(path) for path in snakemake.input.ratings],
        answers=[Path(path) for path in snakemake.input.answers],
        table=Path(snakemake.output.table),
        by_iteration=Path(snakemake.output.by_iteration),
    )
