# Manifest: every product with its SHA-256 and the record of its job. Check: counts, ranges, hashes. RO-Crate: the run
# for other programs. All three are derived from the job records (provenance/).

RECONSTRUCTIONS = of_each_checkpoint(
    [RECONSTRUCTION_STRIP, RECONSTRUCTION_RECORD], checkpoints=RECONSTRUCTED
)
PRODUCTS = [
    DATASET,
    *expand("<results>/data/images/{image}.png", image=list(IMAGES)),
    *of_each_checkpoint("<results>/checkpoints/{network}/seed_{seed}/epoch_{epoch}.pt"),
    *of_each_checkpoint(EVALUATION),
    *of_each_picture(picture_file("png")),
    *of_each_picture(picture_file("jpg")),
    *of_each_picture(picture_file("json")),
    *of_each_picture(picture_file("snapshots.png")),
    *of_each_picture(picture_file("gif")),
    *SCORES,
    rules.score_controls.output.scores,
    *RATINGS,
    *rules.collect_scores.output,
    *rules.collect_evaluations.output,
    rules.judge_claims.output.claims,
    *rules.draw_overview.output,
    *[
        path
        for content, style in PAIRS
        for path in [
            *expand(
                [f"{PAIR_FIGURE}.{kind}" for kind in ("png", "svg", "jpg")],
                recipe=RECIPES,
                content=content,
                style=style,
            ),
            *expand(
                [f"{OPTIMISATION_FIGURE}.{kind}" for kind in ("png", "svg", "jpg")],
                content=content,
                style=style,
            ),
        ]
    ],
    *RECONSTRUCTIONS,
    *(rules.draw_reconstructions.output if RECONSTRUCTED else []),
    *rules.draw_training_curves.output,
    *rules.draw_score_vs_epoch.output,
    *rules.draw_score_vs_iteration.output,
    *rules.draw_trade_off.output,
    *(rules.draw_score_vs_robustness.output if len(COMPARED_BY_ROBUSTNESS) > 2 else []),
    *rules.draw_original_layout.output,
    *(rules.draw_recipes.output if len(RECIPES) > 1 else []),
    *rules.draw_claims_forest.output,
    rules.write_answer.output.answer,
    rules.write_methods.output.methods,
    *rules.build_comparison.output,
]


rule write_manifest:
    input:
        products=all_at_once(PRODUCTS),
    output:
        manifest="<results>/manifest.tsv",
        provenance="<results>/provenance/run.json",
    log:
        "<logs>/write_manifest.log",
    benchmark:
        "<benchmarks>/write_manifest.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        config=config,
        code=fingerprint("write_manifest"),
    message:
        "Writing the manifest: SHA-256 and job record of every product, and the record of the run."
    script:
        "../workflow_scripts/write_manifest.py"


rule check_results:
    input:
        manifest=rules.write_manifest.output.manifest,
        provenance=rules.write_manifest.output.provenance,
        table=rules.collect_scores.output.table,
        evaluations=rules.collect_evaluations.output.table,
        records=of_each_checkpoint(RECONSTRUCTION_RECORD, checkpoints=RECONSTRUCTED),
        products=all_at_once(PRODUCTS),
    output:
        check="<results>/check.json",
    log:
        "<logs>/check_results.log",
    benchmark:
        "<benchmarks>/check_results.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        expected=config["expected"],
        pictures=len(of_each_picture(picture_file("png"))),
        controls=len(PAIRS) * len(columns.CONTROLS),
        reconstructions=len(RECONSTRUCTED),
        last_epochs=LAST_EPOCHS,
        painters=[
            name for name in NETWORKS if kinds.only_paints(config["networks"][name])
        ],
        code=fingerprint("check_results"),
    message:
        "Checking the results: counts, ranges, hashes."
    script:
        "../workflow_scripts/check_results.py"


rule write_crate:
    input:
        manifest=rules.write_manifest.output.manifest,
        provenance=rules.write_manifest.output.provenance,
        check=rules.check_results.output.check,
    output:
        workflow=directory("<results>/workflow"),
        crate="<results>/ro-crate-metadata.json",
    log:
        "<logs>/write_crate.log",
    benchmark:
        "<benchmarks>/write_crate.tsv"
    conda:
        "../envs/crate.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        images=image_credits,
        snakemake=SNAKEMAKE_VERSION,
        code=fingerprint("write_crate"),
    message:
        "Describing the run as an RO-Crate."
    script:
        "../workflow_scripts/write_crate.py"
