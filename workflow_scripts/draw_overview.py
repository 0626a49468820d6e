from pathlib import Path

from robust_style.figure.standard_vs_adversarial import draw_overview
from robust_style.workflow.entry import step

with step(snakemake):
    draw_overview(
        traces=[Path(path) for path in snakemake.input.traces],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        images={Path(path).stem: Path(path) for path in snakemake.input.images},
        networks=snakemake.params.networks,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
        preview=Path(snakemake.output.preview),
    )
