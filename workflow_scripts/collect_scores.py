from pathlib import Path

from robust_style.score.collect import collect_scores
from robust_style.workflow.entry import step

with step(snakemake):
    collect_scores(
        scores=[Path(path) for path in snakemake.input.scores],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        judgements=[Path(path) for path in snakemake.input.judgements],
        table=Path(snakemake.output.table),
        by_evaluation=Path(snakemake.output.by_evaluation),
    )
