from pathlib import Path

from robust_style.transfer.reconstruct import reconstruct
from robust_style.workflow.entry import step

with step(snakemake):
    reconstruct(
        checkpoint=Path(snakemake.input.checkpoint),
        images=[Path(path) for path in snakemake.input.images],
        blends=snakemake.params.blends,
        strip=Path(snakemake.output.strip),
        record=Path(snakemake.output.record),
        labels={
            "network": snakemake.wildcards.network,
            "regime": snakemake.params.regime,
            "seed": int(snakemake.wildcards.seed),
            "epoch": int(snakemake.wildcards.epoch),
            "content": snakemake.params.content,
            "style": snakemake.params.style,
        },
        layers=snakemake.params.layers,
        iterations=snakemake.params.iterations,
        size_px=snakemake.params.size_px,
        seed=int(snakemake.wildcards.seed),
        device=snakemake.config["device"],
        threads=snakemake.config["transfer"]["threads"],
        precision=snakemake.config["transfer"]["precision"],
    )
