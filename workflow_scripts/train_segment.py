from pathlib import Path

from robust_style.training.segment import train_segment
from robust_style.workflow.entry import step

with step(snakemake):
    train_segment(
        dataset=Path(snakemake.input.dataset),
        previous=Path(snakemake.input.previous),
        checkpoint=Path(snakemake.output.checkpoint),
        resume=Path(snakemake.output.checkpoint).parent / "resume",
        network=snakemake.wildcards.network,
        settings=snakemake.params.settings,
        training=snakemake.params.training,
        evaluation=snakemake.config["evaluation"],
        seed=int(snakemake.wildcards.seed),
        epoch=int(snakemake.wildcards.epoch),
        code=snakemake.params.code,
        device=snakemake.config["device"],
        threads=snakemake.config["training"]["threads"],
        precision=snakemake.config["training"]["precision"],
    )
