from pathlib import Path

from robust_style.artefact.check import check_results
from robust_style.workflow.entry import step

with step(snakemake.log[0]):
    check_results(
        manifest=Path(snakemake.input.manifest),
        table=Path(snakemake.input.table),
        pictures=snakemake.params.pictures,
        last_epochs=snakemake.params.last_epochs,
        expected=snakemake.params.expected,
        check=Path(snakemake.output.check),
    )
