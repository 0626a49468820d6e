from pathlib import Path

from robust_style.figure.score_vs_epoch import draw_score_vs_epoch
from robust_style.workflow.entry import step

with step(snakemake):
    draw_score_vs_epoch(
        table=Path(snakemake.input.table),
        networks=snakemake.params.networks,
        recipes=snakemake.params.recipes,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
    )
