from pathlib import Path

from robust_style.transfer.stylize import stylize
from robust_style.workflow.entry import step

with step(snakemake.log[0]):
    stylize(
        checkpoint=Path(snakemake.input.checkpoint),
        content=Path(snakemake.input.content),
        style=Path(snakemake.input.style),
        picture=Path(snakemake.output.picture),
        preview=Path(snakemake.output.preview),
        trace=Path(snakemake.output.trace),
        snapshots=Path(snakemake.output.snapshots),
        animation=Path(snakemake.output.animation),
        labels={
            "recipe": snakemake.wildcards.recipe,
            "network": snakemake.wildcards.network,
            "regime": snakemake.params.regime,
            "seed": int(snakemake.wildcards.seed),
            "epoch": int(snakemake.wildcards.epoch),
            "content": snakemake.wildcards.content,
            "style": snakemake.wildcards.style,
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
