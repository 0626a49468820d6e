from pathlib import Path

from robust_style.page.comparison import build_comparison
from robust_style.workflow.entry import step

with step(snakemake.log[0]):
    build_comparison(
        traces=[Path(path) for path in snakemake.input.traces],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        table=Path(snakemake.input.table),
        contents={Path(path).stem: Path(path) for path in snakemake.input.contents},
        styles={Path(path).stem: Path(path) for path in snakemake.input.styles},
        page=Path(snakemake.output.page),
        title="Does adversarial training make a network a better painter?",
    )
