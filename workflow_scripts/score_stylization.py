from pathlib import Path

from robust_style.score.score import score_stylization
from robust_style.workflow.entry import step

with step(snakemake):
    score_stylization(
        traces=[Path(path) for path in snakemake.input.traces],
        images=[Path(path) for path in snakemake.input.images],
        scores=[Path(path) for path in snakemake.output.scores],
    )
