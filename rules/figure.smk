# Figures in a common style.

LAST_EPOCHS = experiment.last_epochs(config)  # of each network
LAST_CHECKPOINTS = [at for at in CHECKPOINTS if at[2] == LAST_EPOCHS[at[0]]]
CONTENTS = sorted({content for content, _ in PAIRS})
STYLES = sorted({style for _, style in PAIRS})
# The pair of figures that show one pair, and the recipe closest to the original work.
SHOWN_PAIR = PAIRS[0]
SHOWN_IMAGES = {
    role: f"<results>/data/images/{name}.png"
    for role, name in zip(("content", "style"), SHOWN_PAIR)
}
ORIGINAL_RECIPE = "original" if "original" in RECIPES else config["figure"]["recipe"]
# Networks that were trained, here or elsewhere, and evaluated. Two points would have no meaningful correlation.
COMPARED_BY_ROBUSTNESS = [
    name
    for name in NETWORKS
    if LAST_EPOCHS[name] > 0 and not kinds.only_paints(config["networks"][name])
]
PAIR_FIGURE = "<results>/figures/standard_vs_adversarial/{recipe}/{content}--{style}"
OPTIMISATION_FIGURE = "<results>/figures/optimisation/{content}--{style}"
PAIR_ITEMS = [{"content": content, "style": style} for content, style in PAIRS]
PAIR_FIGURE_LABELS = snakemake_report.ReportLabels(
    {**item, "recipe": recipe} for recipe in RECIPES for item in PAIR_ITEMS
)
OPTIMISATION_LABELS = snakemake_report.ReportLabels(PAIR_ITEMS)
# Which pictures a figure shows: arguments of `of_each_picture`.
SHOWN_NETWORKS = config["figure"]["networks"] or NETWORKS
OVERVIEW = {
    "checkpoints": [at for at in CHECKPOINTS if at[0] in SHOWN_NETWORKS],
    "recipes": [config["figure"]["recipe"]],
    "pairs": PAIRS[: config["figure"]["pairs"]],
}
ORIGINAL = {"recipes": [ORIGINAL_RECIPE], "pairs": [SHOWN_PAIR]}
LAST_OF_PAIR = {"checkpoints": LAST_CHECKPOINTS, "pairs": [SHOWN_PAIR]}
# Rules with one figure each. `report` is the label in the report, where the labels are sorted; the file has the rule's
# name without `draw_`. Of a figure of pictures the report has the small `preview`.
FIGURES = {
    "draw_overview": {
        "message": "Drawing the overview: training epochs down, regimes across.",
        "report": "01 overview: standard vs adversarial",
        "file": "standard_vs_adversarial",
        "has_preview": True,
        "input": {
            "traces": of_each_picture(picture_file("json"), **OVERVIEW),
            "pictures": of_each_picture(picture_file("png"), **OVERVIEW),
            "evaluations": of_each_checkpoint(EVALUATION),
            "images": expand(
                "<results>/data/images/{image}.png",
                image=sorted({*CONTENTS, *STYLES}),
            ),
        },
        "params": {"networks": SHOWN_NETWORKS},
    },
    "draw_original_layout": {
        "message": "Drawing the original's layout beside its correction: iterations, and training epochs.",
        "report": "06 the original's layout, and corrected",
        "has_preview": True,
        "input": {
            "traces": of_each_picture(picture_file("json"), **ORIGINAL),
            "pictures": of_each_picture(picture_file("png"), **ORIGINAL),
            "snapshots": of_each_picture(
                picture_file("snapshots.png"), checkpoints=LAST_CHECKPOINTS, **ORIGINAL
            ),
            **SHOWN_IMAGES,
        },
        "params": {"networks": NETWORKS},
    },
    "draw_recipes": {
        "message": "Drawing every recipe at a glance: recipes across, networks down.",
        "report": "07 recipes, at a glance",
        "has_preview": True,
        "input": {
            "traces": of_each_picture(picture_file("json"), **LAST_OF_PAIR),
            "pictures": of_each_picture(picture_file("png"), **LAST_OF_PAIR),
            **SHOWN_IMAGES,
        },
        "params": {"networks": NETWORKS, "recipes": RECIPES},
    },
    "draw_training_curves": {
        "message": "Drawing clean and robust accuracy over the training epochs.",
        "report": "08 training curves",
        "input": {"evaluations": of_each_checkpoint(EVALUATION)},
        "params": {"networks": NETWORKS},
    },
    "draw_score_vs_epoch": {
        "message": "Drawing each score over the training epochs.",
        "report": "04 scores over training epochs",
        "input": {"table": rules.collect_scores.output.table},
        "params": {"networks": NETWORKS, "recipes": RECIPES},
    },
    "draw_score_vs_iteration": {
        "message": "Drawing scores and loss over the iterations of the optimiser.",
        "report": "05 scores and loss over iterations",
        "input": {
            "table": rules.collect_scores.output.by_iteration,
            "traces": of_each_picture(
                picture_file("json"), checkpoints=LAST_CHECKPOINTS
            ),
        },
        "params": {"networks": NETWORKS, "recipes": RECIPES},
    },
    "draw_trade_off": {
        "message": "Drawing how much of the content each network gives up for the style.",
        "report": "03 content against style",
        "input": {"table": rules.collect_scores.output.table},
        "params": {
            "networks": NETWORKS,
            "recipes": RECIPES,
            "ratios": experiment.ratio_series(experiment.compared_recipes(config)),
        },
    },
    "draw_score_vs_robustness": {
        "message": "Drawing how each network paints against how robust it is.",
        "report": "09 scores against robust accuracy",
        "input": {"table": rules.collect_scores.output.table},
        "params": {
            "networks": NETWORKS,
            "recipes": RECIPES,
            "architectures": {
                name: block["architecture"]
                for name, block in config["networks"].items()
            },
        },
    },
    "draw_claims_forest": {
        "message": "Drawing each claim's estimate, interval and verdict.",
        "report": "02 claims and their evidence",
        "input": {"claims": rules.judge_claims.output.claims},
        "params": {},
    },
    "draw_reconstructions": {
        "message": "Drawing what each checkpoint has kept: layers across, checkpoints down.",
        "report": "10 what each checkpoint has kept",
        "has_preview": True,
        "input": {
            "records": of_each_checkpoint(
                RECONSTRUCTION_RECORD, checkpoints=RECONSTRUCTED
            ),
            "strips": of_each_checkpoint(
                RECONSTRUCTION_STRIP, checkpoints=RECONSTRUCTED
            ),
            "content": f"<results>/data/images/{RECONSTRUCTED_CONTENT}.png",
            "style": f"<results>/data/images/{experiment.images_of_style(config, RECONSTRUCTED_STYLE)[0]}.png",
        },
        "params": {"networks": NETWORKS},
    },
}


# Snakemake evaluates the path of a script again when a job starts; then `rule` is the name of the job's rule.
for rule, figure in FIGURES.items():

    rule:
        name:
            rule
        input:
            **figure["input"],
        output:
            **figure_files(rule, figure),
        log:
            f"<logs>/{rule}.log",
        benchmark:
            f"<benchmarks>/{rule}.tsv"
        conda:
            "../envs/figure.yaml"
        resources:
            mem_mb=3000,
            runtime=20,
        params:
            **figure["params"],
            code=fingerprint(rule),
        message:
            figure["message"]
        script:
            f"../workflow_scripts/{rule}.py"


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
