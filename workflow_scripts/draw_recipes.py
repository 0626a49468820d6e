from pathlib import Path

from robust_style.figure.recipes import draw_recipes
from robust_style.workflow.entry import step

with step(snakemake):
    draw_recipes(
        traces=[Path(path) for path in snakemake.input.traces],
        content=Path(snakemake.input.content),
        style=Path(snakemake.input.style),
        networks=snakemake.params.networks,
        recipes=snakemake.params.recipes,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
        preview=Path(snakemake.output.preview),
    )
