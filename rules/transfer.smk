# Style transfer: every checkpoint paints every pair by every recipe.


rule stylize:
    input:
        checkpoint="<results>/checkpoints/{network}/seed_{seed}/epoch_{epoch}.pt",
        content="<results>/data/images/{content}.png",
        style="<results>/data/images/{style}.png",
    output:
        picture="<results>/stylized/{recipe}/{network}/seed_{seed}/epoch_{epoch}/{content}--{style}.png",
        preview=report(
            "<results>/stylized/{recipe}/{network}/seed_{seed}/epoch_{epoch}/{content}--{style}.jpg",
            caption="../report/picture.rst",
            category="Pictures",
            subcategory="{content} in the style of {style}",
            labels=lambda wildcards: settings.picture_labels(config, wildcards),
        ),
        trace="<results>/stylized/{recipe}/{network}/seed_{seed}/epoch_{epoch}/{content}--{style}.json",
        snapshots="<results>/stylized/{recipe}/{network}/seed_{seed}/epoch_{epoch}/{content}--{style}.snapshots.png",
        animation="<results>/stylized/{recipe}/{network}/seed_{seed}/epoch_{epoch}/{content}--{style}.gif",
    log:
        "<logs>/stylize/{recipe}/{network}/seed_{seed}/epoch_{epoch}/{content}--{style}.log",
    benchmark:
        "<benchmarks>/stylize/{recipe}/{network}/seed_{seed}/epoch_{epoch}/{content}--{style}.tsv"
    retries: 1
    conda:
        "../envs/transfer.yaml"
    threads: config["transfer"]["threads"]
    resources:
        gpu=1 if USES_GPU else 0,
        mem_mb=6000,
        runtime=60,
    params:
        recipe=lambda wildcards: config["transfer"]["recipes"][wildcards.recipe],
        regime=lambda wildcards: config["networks"][wildcards.network]["regime"],
        size_px=config["transfer"]["size_px"],
        preview_px=config["transfer"]["preview_px"],
        animation_px=config["transfer"]["animation_px"],
        animation_frames=config["transfer"]["animation_frames"],
        code=fingerprint("stylize"),
    message:
        "Painting {wildcards.content} in the style of {wildcards.style}: {wildcards.network}, seed {wildcards.seed}, "
        "epoch {wildcards.epoch}, recipe {wildcards.recipe}."
    script:
        "../workflow_scripts/stylize.py"
