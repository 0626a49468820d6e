from pathlib import Path

from robust_style.data.blend import prepare_blend
from robust_style.workflow.entry import step

with step(snakemake):
    prepare_blend(
        parts=[Path(path) for path in snakemake.input.parts],
        weights=snakemake.params.weights,
        image=Path(snakemake.output.image),
    )
