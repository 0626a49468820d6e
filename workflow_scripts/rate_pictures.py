from pathlib import Path

from robust_style.raters.rate_pictures import rate_pictures
from robust_style.workflow.entry import step

with step(snakemake):
    rate_pictures(
        pictures=[Path(path) for path in snakemake.input.pictures],
        traces=[Path(path) for path in snakemake.input.traces],
        images=[Path(path) for path in snakemake.input.images],
        squeezenet=next(map(Path, snakemake.input.squeezenet), None),
        caffe_input=snakemake.params.caffe_input,
        held_out=dict(zip(snakemake.params.regimes, map(Path, snakemake.input.held_out), strict=True)),
        layers=snakemake.params.layers,
        ratings=Path(snakemake.output.ratings),
        threads=snakemake.threads,
    )
