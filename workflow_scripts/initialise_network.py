from pathlib import Path

from robust_style.training.initialise import initialise_network
from robust_style.workflow.entry import step

with step(snakemake):
    initialise_network(
        dataset=Path(snakemake.input.dataset),
        checkpoint=Path(snakemake.output.checkpoint),
        network=snakemake.wildcards.network,
        settings=snakemake.params.settings,
        training=snakemake.params.training,
        seed=int(snakemake.wildcards.seed),
        code=snakemake.params.code,
        threads=snakemake.config["training"]["threads"],
    )
