from pathlib import Path

from robust_style.data.prepare_dataset import prepare_dataset
from robust_style.workflow.entry import step

with step(snakemake):
    prepare_dataset(
        name=snakemake.wildcards.dataset,
        archive=Path(snakemake.input.archive) if snakemake.input.archive else None,
        # Not a parameter: the same images in another place are the same.
        folder=Path(snakemake.config["dataset"]["path"]) if snakemake.config["dataset"]["path"] else None,
        classes=snakemake.params.classes,
        size_px=snakemake.params.size_px,
        train_size=snakemake.params.train_size,
        test_size=snakemake.params.test_size,
        processes=snakemake.threads,
        dataset=Path(snakemake.output.dataset),
    )
