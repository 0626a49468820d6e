# Style transfer: every pair with each recipe and its checkpoints, and reconstructions from the layers of a checkpoint.

PICTURE_LABELS = snakemake_report.ReportLabels(
    snakemake_report.picture_item(config, recipe, *checkpoint)
    for recipe in RECIPES
    for checkpoint in CHECKPOINTS
    if checkpoint in PAINTING[recipe]
)

# One rule, or one for each group of pairs that a job paints together: Snakemake needs the outputs of a rule by name.
# Log and benchmark have the name of the job's first pair.
for number, pairs in enumerate(PAIRS_BY_JOB):

    rule:
        name:
            "stylize" if len(PAIRS_BY_JOB) == 1 else f"stylize_{number}"
        input:
            checkpoint="<results>/checkpoints/{network}/seed_{seed}/epoch_{epoch}.pt",
            images=images_of_job(pairs),
        output:
            pictures=files_of_job("png", pairs),
            previews=[
                report(
                    picture_file("jpg", content, style),
                    caption="../report/picture.rst",
                    category="Pictures",
                    subcategory=f"{content} in the style of {style}",
                    labels=lambda wildcards: PICTURE_LABELS.of(
                        picture_item(wildcards)
                    ),
                )
                for content, style in pairs
            ],
            traces=files_of_job("json", pairs),
            snapshots=files_of_job("snapshots.png", pairs),
            animations=files_of_job("gif", pairs),
        log:
            f"<logs>/stylize/{{recipe}}/{{network}}/seed_{{seed}}/epoch_{{epoch}}/{pairs[0][0]}--{pairs[0][1]}.log",
        benchmark:
            f"<benchmarks>/stylize/{{recipe}}/{{network}}/seed_{{seed}}/epoch_{{epoch}}/{pairs[0][0]}--{pairs[0][1]}.tsv"
        priority: seeds_in_turn
        retries: 1
        conda:
            "../envs/transfer.yaml"
        threads: config["transfer"]["threads"]
        resources:
            gpu=1 if USES_GPU else 0,
            mem_mb=lambda wildcards, pairs=pairs: resources.painting_mb(
                config["transfer"]["size_px"],
                len(pairs),
                [config["networks"][wildcards.network]],
                config["transfer"]["recipes"][wildcards.recipe]["optimiser"],
            ),
            runtime=60 * len(pairs),
        params:
            pairs=lambda wildcards, pairs=pairs: filled(pairs, wildcards),
            blends=BLENDS,
            recipe=lambda wildcards: experiment.painted_recipe(
                config, wildcards.network, wildcards.recipe, STAND_INS
            ),
            regime=lambda wildcards: config["networks"][wildcards.network]["regime"],
            size_px=config["transfer"]["size_px"],
            preview_px=config["transfer"]["preview_px"],
            animation_px=config["transfer"]["animation_px"],
            animation_frames=config["transfer"]["animation_frames"],
            code=fingerprint("stylize"),
        message:
            f"Painting {words_of_job(pairs)}: {{wildcards.network}}, seed {{wildcards.seed}}, "
            "epoch {wildcards.epoch}, recipe {wildcards.recipe}."
        script:
            "../workflow_scripts/stylize.py"


RECONSTRUCTION_STRIP = (
    "<results>/reconstructions/{network}/seed_{seed}/epoch_{epoch}.png"
)
RECONSTRUCTION_RECORD = (
    "<results>/reconstructions/{network}/seed_{seed}/epoch_{epoch}.json"
)


rule reconstruct:
    input:
        checkpoint="<results>/checkpoints/{network}/seed_{seed}/epoch_{epoch}.pt",
        images=expand(
            "<results>/data/images/{image}.png",
            image=experiment.images_to_reconstruct(config),
        ),
    output:
        strip=RECONSTRUCTION_STRIP,
        record=RECONSTRUCTION_RECORD,
    log:
        "<logs>/reconstruct/{network}/seed_{seed}/epoch_{epoch}.log",
    benchmark:
        "<benchmarks>/reconstruct/{network}/seed_{seed}/epoch_{epoch}.tsv"
    priority: seeds_in_turn
    retries: 1
    conda:
        "../envs/transfer.yaml"
    threads: config["transfer"]["threads"]
    resources:
        gpu=1 if USES_GPU else 0,
        mem_mb=lambda wildcards: resources.painting_mb(
            experiment.reconstruction_px(config),
            1,
            [config["networks"][wildcards.network]],
        ),
        runtime=60,
    params:
        content=RECONSTRUCTED_CONTENT,
        style=RECONSTRUCTED_STYLE,
        blends=BLENDS,
        regime=lambda wildcards: config["networks"][wildcards.network]["regime"],
        layers=lambda wildcards: experiment.reconstructed_layers(
            config, wildcards.network, STAND_INS
        ),
        iterations=config["reconstruction"]["iterations"],
        size_px=experiment.reconstruction_px(config),
        code=fingerprint("reconstruct"),
    message:
        "Reconstructing a content and a style from the layers of {wildcards.network}, seed {wildcards.seed}, "
        "epoch {wildcards.epoch}."
    script:
        "../workflow_scripts/reconstruct.py"
