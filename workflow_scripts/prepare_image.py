from pathlib import Path

from robust_style.data.prepare_image import prepare_image
from robust_style.workflow.entry import step

with step(snakemake):
    prepare_image(
        name=snakemake.wildcards.image,
        catalogue=[Path(path) for path in snakemake.config["images"]],
        downloads=Path(snakemake.output.image).parents[1] / "downloads",
        image=Path(snakemake.output.image),
        is_mask=snakemake.params.is_mask,
    )
