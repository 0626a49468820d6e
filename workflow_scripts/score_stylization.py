from pathlib import Path

from robust_style.score.score_stylization import score_stylization
from robust_style.workflow.entry import step

with step(snakemake):
    score_stylization(
        pictures=[Path(path) for path in snakemake.input.pictures],
        snapshots=[Path(path) for path in snakemake.input.snapshots],
        traces=[Path(path) for path in snakemake.input.traces],
        images=[Path(path) for path in snakemake.input.images],
        scores=Path(snakemake.output.scores),
        threads=snakemake.threads,
    )
