from pathlib import Path

from robust_style.figure.score_vs_robustness import draw_score_vs_robustness
from robust_style.workflow.entry import step

with step(snakemake):
    draw_score_vs_robustness(
        table=Path(snakemake.input.table),
        networks=snakemake.params.networks,
        architectures=snakemake.params.architectures,
        recipes=snakemake.params.recipes,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
    )
