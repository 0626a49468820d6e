from pathlib import Path

from robust_style.score.claims import judge_claims
from robust_style.workflow.entry import step

with step(snakemake.log[0]):
    judge_claims(
        table=Path(snakemake.input.table),
        noise_recipes=snakemake.params.noise_recipes,
        unguarded_recipes=snakemake.params.unguarded_recipes,
        guarded_recipes=snakemake.params.guarded_recipes,
        claims=Path(snakemake.output.claims),
    )
