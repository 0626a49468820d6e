from pathlib import Path

from robust_style.benchmark.training_step import benchmark_training
from robust_style.workflow.entry import step

with step(snakemake):
    benchmark_training(
        table=Path(snakemake.output.table),
        device=snakemake.config["device"],
        threads=snakemake.threads,
        precision=snakemake.config["training"]["precision"],
        width=1.0,
        batch_size=128,
        steps=20,
        rounds=5,
    )
