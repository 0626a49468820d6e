from pathlib import Path

from robust_style.score.score_controls import score_controls
from robust_style.workflow.entry import step

with step(snakemake):
    score_controls(
        pairs=snakemake.params.pairs,
        size_px=snakemake.params.size_px,
        images=[Path(path) for path in snakemake.input.images],
        scores=Path(snakemake.output.scores),
        threads=snakemake.threads,
    )
