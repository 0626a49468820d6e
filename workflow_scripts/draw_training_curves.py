from pathlib import Path

from robust_style.figure.training_curves import draw_training_curves
from robust_style.workflow.entry import step

with step(snakemake):
    draw_training_curves(
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        networks=snakemake.params.networks,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
    )
