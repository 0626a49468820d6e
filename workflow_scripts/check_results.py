from pathlib import Path

from robust_style.artefact.check import check_results
from robust_style.workflow.entry import step

with step(snakemake.log[0]):
    check_results(
        manifest=Path(snakemake.input.manifest),
        table=Path(snakemake.input.table),
        pictures=snakemake.params.pictures,
        last_epoch=snakemake.params.last_epoch,
        expected=snakemake.params.expected,
        check=Path(snakemake.output.check),
    )
