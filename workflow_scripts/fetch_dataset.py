from pathlib import Path

from robust_style.data.fetch_dataset import fetch_dataset
from robust_style.workflow.entry import step

with step(snakemake):
    fetch_dataset(
        dataset=snakemake.wildcards.dataset,
        sources=Path(snakemake.input.sources),
        archive=snakemake.params.archive,
        sha256=snakemake.params.sha256,
        destination=Path(snakemake.output.archive),
    )
