from pathlib import Path

from robust_style.transfer.stylize import Products, stylize
from robust_style.workflow.entry import step

with step(snakemake):
    stylize(
        checkpoint=Path(snakemake.input.checkpoint),
        images=[Path(path) for path in snakemake.input.images],
        pairs=snakemake.params.pairs,
        blends=snakemake.params.blends,
        products=Products.of_each(
            snakemake.output.pictures,
            snakemake.output.previews,
            snakemake.output.traces,
            snakemake.output.snapshots,
            snakemake.output.animations,
        ),
        labels={
            "recipe": snakemake.wildcards.recipe,
            "network": snakemake.wildcards.network,
            "regime": snakemake.params.regime,
            "seed": int(snakemake.wildcards.seed),
            "epoch": int(snakemake.wildcards.epoch),
        },
        recipe=snakemake.params.recipe,
        size_px=snakemake.params.size_px,
        preview_px=snakemake.params.preview_px,
        animation_px=snakemake.params.animation_px,
        animation_frames=snakemake.params.animation_frames,
        seed=int(snakemake.wildcards.seed),
        device=snakemake.config["device"],
        threads=snakemake.config["transfer"]["threads"],
        precision=snakemake.config["transfer"]["precision"],
    )
