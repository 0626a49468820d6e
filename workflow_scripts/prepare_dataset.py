from pathlib import Path

from robust_style.data.prepare import prepare_dataset
from robust_style.workflow.entry import step

with step(snakemake):
    prepare_dataset(
        name=snakemake.wildcards.dataset,
        archive=Path(snakemake.input.archive) if snakemake.input.archive else None,
        train_size=snakemake.params.train_size,
        test_size=snakemake.params.test_size,
        dataset=Path(snakemake.output.dataset),
    )
