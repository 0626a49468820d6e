from pathlib import Path

from robust_style.provenance.manifest import check_inputs
from robust_style.workflow.entry import step

with step(snakemake):
    check_inputs(files=[Path(path) for path in snakemake.input], record=Path(snakemake.output.record))
