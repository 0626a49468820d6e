# Figures in one visual language, and the page on which everybody can look for themselves.

LAST_EPOCHS = settings.last_epochs(config)  # of each network its own
LAST_CHECKPOINTS = [at for at in CHECKPOINTS if at[2] == LAST_EPOCHS[at[0]]]
CONTENTS = sorted({content for content, _ in PAIRS})
STYLES = sorted({style for _, style in PAIRS})


rule draw_overview:
    input:
        traces=of_each_picture(
            picture_file("json"),
            recipes=[config["figure"]["recipe"]],
            pairs=PAIRS[: config["figure"]["pairs"]],
        ),
        pictures=of_each_picture(
            picture_file("png"),
            recipes=[config["figure"]["recipe"]],
            pairs=PAIRS[: config["figure"]["pairs"]],
        ),
        evaluations=of_each_checkpoint(rules.evaluate_checkpoint.output.evaluation),
        images=expand(
            "<results>/data/images/{image}.png", image=sorted({*CONTENTS, *STYLES})
        ),
    output:
        figure=report(
            "<results>/figures/standard_vs_adversarial.png",
            caption="../report/overview.rst",
            category="Figures",
            labels={"figure": "standard vs adversarial, overview"},
        ),
    log:
        "<logs>/draw_overview.log",
    benchmark:
        "<benchmarks>/draw_overview.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        networks=NETWORKS,
        code=fingerprint("draw_overview"),
    message:
        "Drawing the overview: training epochs down, regimes across."
    script:
        "../workflow_scripts/draw_overview.py"


rule draw_standard_vs_adversarial:
    input:
        traces=lambda wildcards: of_each_picture(
            picture_file("json"),
            recipes=[wildcards.recipe],
            pairs=[(wildcards.content, wildcards.style)],
        ),
        pictures=lambda wildcards: of_each_picture(
            picture_file("png"),
            recipes=[wildcards.recipe],
            pairs=[(wildcards.content, wildcards.style)],
        ),
        evaluations=of_each_checkpoint(rules.evaluate_checkpoint.output.evaluation),
        content="<results>/data/images/{content}.png",
        style="<results>/data/images/{style}.png",
    output:
        figure="<results>/figures/standard_vs_adversarial/{recipe}/{content}--{style}.png",
        preview=report(  # small enough for a report that holds all of them
            "<results>/figures/standard_vs_adversarial/{recipe}/{content}--{style}.jpg",
            caption="../report/standard_vs_adversarial.rst",
            category="Figures",
            subcategory="standard vs adversarial, each pair",
            labels={"recipe": "{recipe}", "content": "{content}", "style": "{style}"},
        ),
    log:
        "<logs>/draw_standard_vs_adversarial/{recipe}/{content}--{style}.log",
    benchmark:
        "<benchmarks>/draw_standard_vs_adversarial/{recipe}/{content}--{style}.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        networks=NETWORKS,
        code=fingerprint("draw_standard_vs_adversarial"),
    message:
        "Drawing {wildcards.content} in the style of {wildcards.style}, recipe {wildcards.recipe}: epochs x regimes."
    script:
        "../workflow_scripts/draw_standard_vs_adversarial.py"


rule draw_optimisation:
    input:
        traces=lambda wildcards: of_each_picture(
            picture_file("json"),
            checkpoints=LAST_CHECKPOINTS,
            pairs=[(wildcards.content, wildcards.style)],
        ),
        snapshots=lambda wildcards: of_each_picture(
            picture_file("snapshots.png"),
            checkpoints=LAST_CHECKPOINTS,
            pairs=[(wildcards.content, wildcards.style)],
        ),
    output:
        figure="<results>/figures/optimisation/{content}--{style}.png",
        preview=report(  # small enough for a report that holds all of them
            "<results>/figures/optimisation/{content}--{style}.jpg",
            caption="../report/optimisation.rst",
            category="Figures",
            subcategory="optimisation",
            labels={"content": "{content}", "style": "{style}"},
        ),
    log:
        "<logs>/draw_optimisation/{content}--{style}.log",
    benchmark:
        "<benchmarks>/draw_optimisation/{content}--{style}.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        networks=NETWORKS,
        recipes=RECIPES,
        code=fingerprint("draw_optimisation"),
    message:
        "Drawing the optimisation of {wildcards.content} in the style of {wildcards.style} with each network's last checkpoint."
    script:
        "../workflow_scripts/draw_optimisation.py"


rule draw_training_curves:
    input:
        evaluations=of_each_checkpoint(rules.evaluate_checkpoint.output.evaluation),
    output:
        figure=report(
            "<results>/figures/training_curves.png",
            caption="../report/training_curves.rst",
            category="Figures",
            labels={"figure": "training curves"},
        ),
        vector="<results>/figures/training_curves.svg",
    log:
        "<logs>/draw_training_curves.log",
    benchmark:
        "<benchmarks>/draw_training_curves.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        networks=NETWORKS,
        code=fingerprint("draw_training_curves"),
    message:
        "Drawing clean and robust accuracy over the training epochs."
    script:
        "../workflow_scripts/draw_training_curves.py"


rule draw_score_vs_epoch:
    input:
        table=rules.collect_scores.output.table,
    output:
        figure=report(
            "<results>/figures/score_vs_epoch.png",
            caption="../report/score_vs_epoch.rst",
            category="Figures",
            labels={"figure": "scores over training epochs"},
        ),
        vector="<results>/figures/score_vs_epoch.svg",
    log:
        "<logs>/draw_score_vs_epoch.log",
    benchmark:
        "<benchmarks>/draw_score_vs_epoch.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        networks=NETWORKS,
        recipes=RECIPES,
        code=fingerprint("draw_score_vs_epoch"),
    message:
        "Drawing each score over the training epochs."
    script:
        "../workflow_scripts/draw_score_vs_epoch.py"


rule build_comparison:
    input:
        traces=of_each_picture(picture_file("json")),
        previews=of_each_picture(picture_file("jpg")),
        evaluations=of_each_checkpoint(rules.evaluate_checkpoint.output.evaluation),
        table=rules.collect_scores.output.table,
        contents=expand("<results>/data/images/{content}.png", content=CONTENTS),
        styles=expand("<results>/data/images/{style}.png", style=STYLES),
    output:
        page=report(
            "<results>/comparison/index.html",
            caption="../report/comparison.rst",
            category="Page to explore",
            labels={"page": "every picture, side by side"},
        ),
    log:
        "<logs>/build_comparison.log",
    benchmark:
        "<benchmarks>/build_comparison.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        code=fingerprint("build_comparison"),
    message:
        "Building the page to explore: one file, no network needed."
    script:
        "../workflow_scripts/build_comparison.py"
