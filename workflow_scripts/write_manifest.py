from pathlib import Path

from robust_style.artefact.digest import sha256_of_file
from robust_style.artefact.manifest import write_manifest
from robust_style.provenance.run import write_provenance
from robust_style.workflow.entry import step

with step(snakemake):
    write_manifest(
        products=[Path(path) for path in snakemake.input.products],
        manifest=Path(snakemake.output.manifest),
    )
    write_provenance(
        config=snakemake.params.config,
        manifest_sha256=sha256_of_file(Path(snakemake.output.manifest)),
        provenance=Path(snakemake.output.provenance),
    )
