from pathlib import Path

from robust_style.figure.score_vs_iteration import draw_score_vs_iteration
from robust_style.workflow.entry import step

with step(snakemake):
    draw_score_vs_iteration(
        table=Path(snakemake.input.table),
        traces=[Path(path) for path in snakemake.input.traces],
        networks=snakemake.params.networks,
        recipes=snakemake.params.recipes,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
    )
