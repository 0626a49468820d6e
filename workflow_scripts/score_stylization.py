from pathlib import Path

from robust_style.score.score import score_stylization
from robust_style.workflow.entry import step

with step(snakemake.log[0]):
    score_stylization(
        picture=Path(snakemake.input.picture),
        content=Path(snakemake.input.content),
        style=Path(snakemake.input.style),
        trace=Path(snakemake.input.trace),
        score=Path(snakemake.output.score),
    )
