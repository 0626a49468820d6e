# Figures in one visual language.

LAST_EPOCHS = experiment.last_epochs(config)  # of each network its own
LAST_CHECKPOINTS = [at for at in CHECKPOINTS if at[2] == LAST_EPOCHS[at[0]]]
CONTENTS = sorted({content for content, _ in PAIRS})
STYLES = sorted({style for _, style in PAIRS})
# The pair of the figures of one pair, and the recipe nearest to the original work's.
SHOWN_CONTENT, SHOWN_STYLE = PAIRS[0]
PAIR_FIGURE = "<results>/figures/standard_vs_adversarial/{recipe}/{content}--{style}"
OPTIMISATION_FIGURE = "<results>/figures/optimisation/{content}--{style}"
PAIR_ITEMS = [{"content": content, "style": style} for content, style in PAIRS]
PAIR_FIGURE_LABELS = snakemake_report.ReportLabels(
    {**item, "recipe": recipe} for recipe in RECIPES for item in PAIR_ITEMS
)
OPTIMISATION_LABELS = snakemake_report.ReportLabels(PAIR_ITEMS)
ORIGINAL_RECIPE = "original" if "original" in RECIPES else config["figure"]["recipe"]


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
        evaluations=of_each_checkpoint(EVALUATION),
        images=expand(
            "<results>/data/images/{image}.png", image=sorted({*CONTENTS, *STYLES})
        ),
    output:
        figure=report(
            "<results>/figures/standard_vs_adversarial.png",
            caption="../report/overview.rst",
            category="Figures",
            subcategory="at a glance",
            labels={"figure": "standard vs adversarial, overview"},
        ),
        vector="<results>/figures/standard_vs_adversarial.svg",
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
        evaluations=of_each_checkpoint(EVALUATION),
        content="<results>/data/images/{content}.png",
        style="<results>/data/images/{style}.png",
    output:
        figure=f"{PAIR_FIGURE}.png",
        vector=f"{PAIR_FIGURE}.svg",
        preview=report(  # small enough for a report that holds all of them
            f"{PAIR_FIGURE}.jpg",
            caption="../report/standard_vs_adversarial.rst",
            category="Figures",
            subcategory="standard vs adversarial, each pair",
            labels=lambda wildcards: PAIR_FIGURE_LABELS.of(wildcards),
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
        figure=f"{OPTIMISATION_FIGURE}.png",
        vector=f"{OPTIMISATION_FIGURE}.svg",
        preview=report(  # small enough for a report that holds all of them
            f"{OPTIMISATION_FIGURE}.jpg",
            caption="../report/optimisation.rst",
            category="Figures",
            subcategory="optimisation",
            labels=lambda wildcards: OPTIMISATION_LABELS.of(wildcards),
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


rule draw_original_layout:
    input:
        traces=of_each_picture(
            picture_file("json"),
            recipes=[ORIGINAL_RECIPE],
            pairs=[(SHOWN_CONTENT, SHOWN_STYLE)],
        ),
        pictures=of_each_picture(
            picture_file("png"),
            recipes=[ORIGINAL_RECIPE],
            pairs=[(SHOWN_CONTENT, SHOWN_STYLE)],
        ),
        snapshots=of_each_picture(
            picture_file("snapshots.png"),
            checkpoints=LAST_CHECKPOINTS,
            recipes=[ORIGINAL_RECIPE],
            pairs=[(SHOWN_CONTENT, SHOWN_STYLE)],
        ),
        content=f"<results>/data/images/{SHOWN_CONTENT}.png",
        style=f"<results>/data/images/{SHOWN_STYLE}.png",
    output:
        figure=report(
            "<results>/figures/original_layout.png",
            caption="../report/original_layout.rst",
            category="Figures",
            subcategory="at a glance",
            labels={"figure": "the original's layout, and corrected"},
        ),
        vector="<results>/figures/original_layout.svg",
    log:
        "<logs>/draw_original_layout.log",
    benchmark:
        "<benchmarks>/draw_original_layout.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        networks=NETWORKS,
        content=SHOWN_CONTENT,
        style=SHOWN_STYLE,
        code=fingerprint("draw_original_layout"),
    message:
        "Drawing the original's layout beside its correction: iterations, and training epochs."
    script:
        "../workflow_scripts/draw_original_layout.py"


rule draw_recipes:
    input:
        traces=of_each_picture(
            picture_file("json"),
            checkpoints=LAST_CHECKPOINTS,
            pairs=[(SHOWN_CONTENT, SHOWN_STYLE)],
        ),
        pictures=of_each_picture(
            picture_file("png"),
            checkpoints=LAST_CHECKPOINTS,
            pairs=[(SHOWN_CONTENT, SHOWN_STYLE)],
        ),
        content=f"<results>/data/images/{SHOWN_CONTENT}.png",
        style=f"<results>/data/images/{SHOWN_STYLE}.png",
    output:
        figure=report(
            "<results>/figures/recipes.png",
            caption="../report/recipes.rst",
            category="Figures",
            subcategory="at a glance",
            labels={"figure": "recipes, at a glance"},
        ),
        vector="<results>/figures/recipes.svg",
    log:
        "<logs>/draw_recipes.log",
    benchmark:
        "<benchmarks>/draw_recipes.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        networks=NETWORKS,
        content=SHOWN_CONTENT,
        style=SHOWN_STYLE,
        recipes=RECIPES,
        code=fingerprint("draw_recipes"),
    message:
        "Drawing every recipe at a glance: recipes across, networks down."
    script:
        "../workflow_scripts/draw_recipes.py"


rule draw_training_curves:
    input:
        evaluations=of_each_checkpoint(EVALUATION),
    output:
        figure=report(
            "<results>/figures/training_curves.png",
            caption="../report/training_curves.rst",
            category="Figures",
            subcategory="at a glance",
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
            subcategory="at a glance",
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


rule draw_score_vs_iteration:
    input:
        table=rules.collect_scores.output.by_iteration,
        traces=of_each_picture(picture_file("json"), checkpoints=LAST_CHECKPOINTS),
    output:
        figure=report(
            "<results>/figures/score_vs_iteration.png",
            caption="../report/score_vs_iteration.rst",
            category="Figures",
            subcategory="at a glance",
            labels={"figure": "scores and loss over iterations"},
        ),
        vector="<results>/figures/score_vs_iteration.svg",
    log:
        "<logs>/draw_score_vs_iteration.log",
    benchmark:
        "<benchmarks>/draw_score_vs_iteration.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=3000,
        runtime=10,
    params:
        networks=NETWORKS,
        recipes=RECIPES,
        code=fingerprint("draw_score_vs_iteration"),
    message:
        "Drawing scores and loss over the iterations of the optimiser."
    script:
        "../workflow_scripts/draw_score_vs_iteration.py"


rule draw_trade_off:
    input:
        table=rules.collect_scores.output.table,
    output:
        figure=report(
            "<results>/figures/trade_off.png",
            caption="../report/trade_off.rst",
            category="Figures",
            subcategory="at a glance",
            labels={"figure": "content against style"},
        ),
        vector="<results>/figures/trade_off.svg",
    log:
        "<logs>/draw_trade_off.log",
    benchmark:
        "<benchmarks>/draw_trade_off.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        networks=NETWORKS,
        recipes=RECIPES,
        ratios=experiment.ratio_series(config["transfer"]["recipes"]),
        code=fingerprint("draw_trade_off"),
    message:
        "Drawing how much of the content each network gives up for the style."
    script:
        "../workflow_scripts/draw_trade_off.py"


# Networks that were trained and evaluated, whoever trained them; of two a correlation says nothing.
COMPARED_BY_ROBUSTNESS = [
    name
    for name in NETWORKS
    if LAST_EPOCHS[name] > 0 and not kinds.only_paints(config["networks"][name])
]


rule draw_score_vs_robustness:
    input:
        table=rules.collect_scores.output.table,
    output:
        figure=report(
            "<results>/figures/score_vs_robustness.png",
            caption="../report/score_vs_robustness.rst",
            category="Figures",
            subcategory="at a glance",
            labels={"figure": "scores against robust accuracy"},
        ),
        vector="<results>/figures/score_vs_robustness.svg",
    log:
        "<logs>/draw_score_vs_robustness.log",
    benchmark:
        "<benchmarks>/draw_score_vs_robustness.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        networks=NETWORKS,
        architectures={
            name: block["architecture"] for name, block in config["networks"].items()
        },
        recipes=RECIPES,
        code=fingerprint("draw_score_vs_robustness"),
    message:
        "Drawing how each network paints against how robust it is."
    script:
        "../workflow_scripts/draw_score_vs_robustness.py"


rule draw_claims_forest:
    input:
        claims=rules.judge_claims.output.claims,
    output:
        figure=report(
            "<results>/figures/claims_forest.png",
            caption="../report/claims_forest.rst",
            category="Figures",
            subcategory="at a glance",
            labels={"figure": "claims and their evidence"},
        ),
        vector="<results>/figures/claims_forest.svg",
    log:
        "<logs>/draw_claims_forest.log",
    benchmark:
        "<benchmarks>/draw_claims_forest.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=fingerprint("draw_claims_forest"),
    message:
        "Drawing each claim's estimate, interval and verdict."
    script:
        "../workflow_scripts/draw_claims_forest.py"


rule draw_reconstructions:
    input:
        records=of_each_checkpoint(RECONSTRUCTION_RECORD, checkpoints=RECONSTRUCTED),
        strips=of_each_checkpoint(RECONSTRUCTION_STRIP, checkpoints=RECONSTRUCTED),
        content=f"<results>/data/images/{RECONSTRUCTED_CONTENT}.png",
        style=f"<results>/data/images/{experiment.images_of_style(config, RECONSTRUCTED_STYLE)[0]}.png",
    output:
        figure=report(
            "<results>/figures/reconstructions.png",
            caption="../report/reconstructions.rst",
            category="Figures",
            subcategory="at a glance",
            labels={"figure": "what each checkpoint has kept"},
        ),
        vector="<results>/figures/reconstructions.svg",
    log:
        "<logs>/draw_reconstructions.log",
    benchmark:
        "<benchmarks>/draw_reconstructions.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        networks=NETWORKS,
        code=fingerprint("draw_reconstructions"),
    message:
        "Drawing what each checkpoint has kept: layers across, checkpoints down."
    script:
        "../workflow_scripts/draw_reconstructions.py"
