from pathlib import Path

from robust_style.report.answer import write_answer
from robust_style.workflow.entry import step

with step(snakemake):
    write_answer(
        claims=Path(snakemake.input.claims),
        answer=Path(snakemake.output.answer),
    )
