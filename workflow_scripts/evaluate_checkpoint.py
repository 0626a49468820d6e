from pathlib import Path

from robust_style.training.evaluate import evaluate_checkpoint
from robust_style.workflow.entry import step

with step(snakemake):
    evaluate_checkpoint(
        checkpoint=Path(snakemake.input.checkpoint),
        dataset=Path(snakemake.input.dataset),
        evaluation=Path(snakemake.output.evaluation),
        settings=snakemake.params.evaluation,
        with_autoattack=snakemake.params.with_autoattack,
        network=snakemake.wildcards.network,
        seed=int(snakemake.wildcards.seed),
        epoch=int(snakemake.wildcards.epoch),
        device=snakemake.config["device"],
        threads=snakemake.config["training"]["threads"],
    )
