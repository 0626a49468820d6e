# Scores: measures that no tested network had a hand in, one table of them, and what the table says of each claim.


rule score_stylization:
    input:
        picture=picture_file("png"),
        trace=picture_file("json"),
        content="<results>/data/images/{content}.png",
        style="<results>/data/images/{style}.png",
    output:
        score="<results>/scores/{recipe}/{network}/seed_{seed}/epoch_{epoch}/{content}--{style}.json",
    log:
        "<logs>/score_stylization/{recipe}/{network}/seed_{seed}/epoch_{epoch}/{content}--{style}.log",
    benchmark:
        "<benchmarks>/score_stylization/{recipe}/{network}/seed_{seed}/epoch_{epoch}/{content}--{style}.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=fingerprint("score_stylization"),
    message:
        "Scoring {wildcards.content} in the style of {wildcards.style}: {wildcards.network}, seed {wildcards.seed}, "
        "epoch {wildcards.epoch}, recipe {wildcards.recipe}."
    script:
        "../workflow_scripts/score_stylization.py"


rule collect_scores:
    input:
        scores=of_each_picture(rules.score_stylization.output.score),
        evaluations=of_each_checkpoint(rules.evaluate_checkpoint.output.evaluation),
    output:
        table=report(
            "<results>/scores.tsv",
            caption="../report/scores.rst",
            category="Tables",
            labels={"table": "scores of every picture"},
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
        evaluations=of_each_checkpoint(rules.evaluate_checkpoint.output.evaluation),
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
        noise_recipes=recipes_with(initialisation="noise"),
        unguarded_recipes=recipes_with(optimiser="lbfgs_unguarded"),
        guarded_recipes=recipes_with(optimiser="lbfgs", initialisation="content"),
        code=fingerprint("judge_claims"),
    message:
        "Judging the published claims by the scores."
    script:
        "../workflow_scripts/judge_claims.py"
