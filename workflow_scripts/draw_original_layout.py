from pathlib import Path

from robust_style.figure.original_layout import draw_original_layout
from robust_style.workflow.entry import step

with step(snakemake):
    draw_original_layout(
        traces=[Path(path) for path in snakemake.input.traces],
        content=Path(snakemake.input.content),
        style=Path(snakemake.input.style),
        networks=snakemake.params.networks,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
        preview=Path(snakemake.output.preview),
    )
