from pathlib import Path

from robust_style.figure.optimisation import draw_optimisation
from robust_style.workflow.entry import step

with step(snakemake):
    draw_optimisation(
        traces=[Path(path) for path in snakemake.input.traces],
        networks=snakemake.params.networks,
        recipes=snakemake.params.recipes,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
        preview=Path(snakemake.output.preview),
    )
