import json
from pathlib import Path

from robust_style.report.methods import write_methods
from robust_style.workflow.entry import step

with step(snakemake):
    write_methods(
        config=json.loads(snakemake.params.config),
        meanings=json.loads(snakemake.params.meanings),
        images=json.loads(snakemake.params.images),
        pairs=snakemake.params.pairs,
        claims=Path(snakemake.input.claims),
        traces=[Path(path) for path in snakemake.input.traces],
        methods=Path(snakemake.output.methods),
    )
