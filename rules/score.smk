# Scores: metrics independent of the networks under test, one table of them, and what the table says of each claim.


SCORES = sorted(
    {
        f"<results>/scores/{recipe}/{network}/seed_{seed}.json"
        for recipe in RECIPES
        for network, seed, _ in PAINTING[recipe]
    }
)


rule score_stylization:  # all pictures of a training and recipe: a process for each would only start and stop
    input:
        pictures=of_scored_pictures("png"),
        snapshots=of_scored_pictures("snapshots.png"),
        traces=of_scored_pictures("json"),
        images=expand(
            "<results>/data/images/{image}.png",
            image=sorted({image for pair in PAIRS for image in pair}),
        ),
    output:
        scores="<results>/scores/{recipe}/{network}/seed_{seed}.json",
    log:
        "<logs>/score_stylization/{recipe}/{network}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/score_stylization/{recipe}/{network}/seed_{seed}.tsv"
    conda:
        "../envs/transfer.yaml"  # texture statistics need torch
    resources:
        mem_mb=1500,
        runtime=10 + 2 * len(PAIRS),
    params:
        code=fingerprint("score_stylization"),
    message:
        "Scoring the pictures of {wildcards.network}, seed {wildcards.seed}, recipe {wildcards.recipe}."
    script:
        "../workflow_scripts/score_stylization.py"


rule score_controls:  # what no network painted: the content as it is, recoloured, and blended with the style
    input:
        images=expand(
            "<results>/data/images/{image}.png",
            image=sorted({image for pair in PAIRS for image in pair}),
        ),
    output:
        scores="<results>/scores/controls.json",
    log:
        "<logs>/score_controls.log",
    benchmark:
        "<benchmarks>/score_controls.tsv"
    conda:
        "../envs/transfer.yaml"
    resources:
        mem_mb=1500,
        runtime=10 + len(PAIRS),
    params:
        pairs=PAIRS,
        size_px=config["transfer"]["size_px"],
        code=fingerprint("score_controls"),
    message:
        "Scoring the controls: contents as they are, in the style's histogram, and blended with the style."
    script:
        "../workflow_scripts/score_controls.py"


# Ratings by networks that did not paint the pictures; see `raters` in the configuration.
HAS_RATERS = experiment.has_raters(config)


rule rate_pictures:  # all pictures of a network's training: a process for each would only start and stop
    input:
        pictures=lambda wildcards: of_each_picture(
            picture_file("png"), checkpoints_of(wildcards)
        ),
        traces=lambda wildcards: of_each_picture(
            picture_file("json"), checkpoints_of(wildcards)
        ),
        images=expand(
            "<results>/data/images/{image}.png",
            image=sorted({image for pair in PAIRS for image in pair}),
        ),
        squeezenet=[SQUEEZENET] if config["raters"]["squeezenet"] else [],
        held_out=lambda wildcards: [
            f"<results>/checkpoints/{network}/seed_{seed}/epoch_{epoch:03d}.pt"
            for network, seed, epoch in experiment.held_out_raters(
                config, int(wildcards.seed)
            ).values()
        ],
    output:
        ratings="<results>/ratings/{network}/seed_{seed}.json",
    log:
        "<logs>/rate_pictures/{network}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/rate_pictures/{network}/seed_{seed}.tsv"
    conda:
        "../envs/transfer.yaml"
    resources:
        mem_mb=resources.painting_mb(
            config["transfer"]["size_px"], 1, config["networks"].values()
        ),
        runtime=60,
    params:
        regimes=lambda wildcards: list(
            experiment.held_out_raters(config, int(wildcards.seed))
        ),
        layers=lambda wildcards: experiment.layers_of_raters(
            config, int(wildcards.seed), STAND_INS
        ),
        caffe_input=(config["raters"]["squeezenet"] or {}).get("input") == "caffe",
        code=fingerprint("rate_pictures"),
    message:
        "Rating the pictures of {wildcards.network}, seed {wildcards.seed}, by networks that did not paint them."
    script:
        "../workflow_scripts/rate_pictures.py"


RATINGS = (
    sorted(
        {
            f"<results>/ratings/{network}/seed_{seed}.json"
            for network, seed, _ in CHECKPOINTS
        }
    )
    if HAS_RATERS
    else []
)


rule collect_scores:
    input:
        scores=[*SCORES, rules.score_controls.output.scores],
        evaluations=of_each_checkpoint(EVALUATION),
        ratings=RATINGS,
        answers=lambda wildcards: [on_this_machine(path) for path in config["ratings"]],
    output:
        table=report(
            "<results>/scores.tsv",
            caption="../report/scores.rst",
            category="Tables",
            labels={"table": "scores of every picture"},
        ),
        by_iteration=report(
            "<results>/scores_by_iteration.tsv",
            caption="../report/scores_by_iteration.rst",
            category="Tables",
            labels={"table": "scores while painting"},
        ),
    log:
        "<logs>/collect_scores.log",
    benchmark:
        "<benchmarks>/collect_scores.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=fingerprint("collect_scores"),
    message:
        "Collecting the scores of all pictures in one table."
    script:
        "../workflow_scripts/collect_scores.py"


rule collect_evaluations:
    input:
        evaluations=of_each_checkpoint(EVALUATION),
    output:
        table=report(
            "<results>/evaluations.tsv",
            caption="../report/evaluations.rst",
            category="Tables",
            labels={"table": "accuracy of every checkpoint"},
        ),
        history=report(
            "<results>/history.tsv",
            caption="../report/history.rst",
            category="Tables",
            labels={"table": "history of every training"},
        ),
    log:
        "<logs>/collect_evaluations.log",
    benchmark:
        "<benchmarks>/collect_evaluations.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=fingerprint("collect_evaluations"),
    message:
        "Collecting accuracies and training histories in two tables."
    script:
        "../workflow_scripts/collect_evaluations.py"


rule judge_claims:
    input:
        table=rules.collect_scores.output.table,
        by_iteration=rules.collect_scores.output.by_iteration,
        blocks=lambda wildcards: [on_this_machine(path) for path in config["claims"]],
    output:
        claims=report(
            "<results>/claims.tsv",
            caption="../report/claims.rst",
            category="Tables",
            labels={"table": "claims and verdicts"},
        ),
    log:
        "<logs>/judge_claims.log",
    benchmark:
        "<benchmarks>/judge_claims.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        networks=experiment.networks_by_role(config),
        recipes=experiment.compared_recipes(config),
        epsilons=experiment.training_epsilons(config),
        architectures=ARCHITECTURES,
        code=fingerprint("judge_claims"),
    message:
        "Judging the published claims by the scores."
    script:
        "../workflow_scripts/judge_claims.py"
