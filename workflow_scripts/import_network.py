from pathlib import Path

from robust_style.model.import_network import import_network
from robust_style.workflow.entry import step

with step(snakemake):
    import_network(
        dataset=Path(snakemake.input.dataset),
        checkpoint=Path(snakemake.output.checkpoint),
        downloads=Path(snakemake.input.dataset).parent / "downloads",
        network=snakemake.wildcards.network,
        settings=snakemake.params.settings,
        seed=int(snakemake.wildcards.seed),
        epoch=int(snakemake.wildcards.epoch),
        code=snakemake.params.code,
    )
