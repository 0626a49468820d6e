from pathlib import Path

from robust_style.figure.claims_forest import draw_claims_forest
from robust_style.workflow.entry import step

with step(snakemake):
    draw_claims_forest(
        claims=Path(snakemake.input.claims),
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
    )
