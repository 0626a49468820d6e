from pathlib import Path

from robust_style.provenance.check import check_results
from robust_style.workflow.entry import step

with step(snakemake):
    check_results(
        manifest=Path(snakemake.input.manifest),
        products=[Path(path) for path in [*snakemake.input.products, snakemake.input.provenance]],
        table=Path(snakemake.input.table),
        evaluations=Path(snakemake.input.evaluations),
        records=[Path(path) for path in snakemake.input.records],
        pictures=snakemake.params.pictures,
        controls=snakemake.params.controls,
        reconstructions=snakemake.params.reconstructions,
        last_epochs=snakemake.params.last_epochs,
        expected=snakemake.params.expected,
        painters=snakemake.params.painters,
        check=Path(snakemake.output.check),
    )
