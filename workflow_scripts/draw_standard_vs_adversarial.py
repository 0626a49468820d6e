from pathlib import Path

from robust_style.figure.standard_vs_adversarial import draw_standard_vs_adversarial
from robust_style.workflow.entry import step

with step(snakemake):
    draw_standard_vs_adversarial(
        traces=[Path(path) for path in snakemake.input.traces],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        content=Path(snakemake.input.content),
        style=Path(snakemake.input.style),
        networks=snakemake.params.networks,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
        preview=Path(snakemake.output.preview),
    )
