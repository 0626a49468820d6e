from pathlib import Path

from robust_style.provenance.manifest import write_manifest
from robust_style.workflow.entry import step

with step(snakemake):
    write_manifest(
        products=[Path(path) for path in snakemake.input.products],
        config=snakemake.params.config,
        run=Path(snakemake.output.provenance),
        manifest=Path(snakemake.output.manifest),
    )
