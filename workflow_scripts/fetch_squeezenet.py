from pathlib import Path

from robust_style.files.atomic import write_bytes
from robust_style.model.foreign_source import file_of_source
from robust_style.workflow.entry import step

with step(snakemake):
    verified = file_of_source(
        "raters.squeezenet",
        snakemake.params.source,
        snakemake.params.sha256,
        Path(snakemake.params.download_to),
    )
    write_bytes(Path(snakemake.output.weights), verified.read_bytes())
