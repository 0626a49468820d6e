import json
from pathlib import Path

from robust_style.provenance.crate import write_crate
from robust_style.workflow.entry import step

with step(snakemake):
    write_crate(
        manifest=Path(snakemake.input.manifest),
        run=Path(snakemake.input.provenance),
        check=Path(snakemake.input.check),
        images=json.loads(snakemake.params.images),
        snakemake=snakemake.params.snakemake,
        workflow=Path(snakemake.output.workflow),
        crate=Path(snakemake.output.crate),
    )
