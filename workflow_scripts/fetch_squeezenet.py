from pathlib import Path

from robust_style.raters.fetch_squeezenet import fetch_squeezenet
from robust_style.workflow.entry import step

with step(snakemake):
    fetch_squeezenet(
        source=snakemake.params.source,
        sha256=snakemake.params.sha256,
        weights=Path(snakemake.output.weights),
        download_to=Path(snakemake.params.download_to),
    )
