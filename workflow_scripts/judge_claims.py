from pathlib import Path

from robust_style.claims.judge import judge_claims
from robust_style.workflow.entry import step

with step(snakemake):
    judge_claims(
        table=Path(snakemake.input.table),
        by_iteration=Path(snakemake.input.by_iteration),
        blocks=[Path(path) for path in snakemake.input.blocks],
        networks=snakemake.params.networks,
        recipes=snakemake.params.recipes,
        epsilons=snakemake.params.epsilons,
        architectures=snakemake.params.architectures,
        claims=Path(snakemake.output.claims),
    )
