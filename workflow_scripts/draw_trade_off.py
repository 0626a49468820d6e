from pathlib import Path

from robust_style.figure.trade_off import draw_trade_off
from robust_style.workflow.entry import step

with step(snakemake):
    draw_trade_off(
        table=Path(snakemake.input.table),
        networks=snakemake.params.networks,
        recipes=snakemake.params.recipes,
        ratios=snakemake.params.ratios,
        figure=Path(snakemake.output.figure),
        vector=Path(snakemake.output.vector),
    )
