from pathlib import Path

from robust_style.figure.reconstructions import draw_reconstructions
from robust_style.workflow.entry import step

with step(snakemake):
    draw_reconstructions(
        records=[Path(path) for path in snakemake.input.records],
        content=Path(snakemake.input.content),
        style=Path(snakemake.input.style),
        networks=snakemake.params.networks,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
        preview=Path(snakemake.output.preview),
    )
