from pathlib import Path

from robust_style.page.comparison import build_comparison
from robust_style.workflow.entry import step

with step(snakemake):
    build_comparison(
        traces=[Path(path) for path in snakemake.input.traces],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        table=Path(snakemake.input.table),
        by_iteration=Path(snakemake.input.by_iteration),
        claims=Path(snakemake.input.claims),
        images={Path(path).stem: Path(path) for path in snakemake.input.images},
        folder=Path(snakemake.output.folder),
        edition=Path(snakemake.output.edition),
        title="Does adversarial training make a network a better painter?",
    )
