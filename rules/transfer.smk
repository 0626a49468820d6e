# Style transfer: every checkpoint paints every pair by every recipe.


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
                    labels=picture_labels(content, style),
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
        retries: 1
        conda:
            "../envs/transfer.yaml"
        threads: config["transfer"]["threads"]
        resources:
            gpu=1 if USES_GPU else 0,
            mem_mb=6000,
            runtime=60 * len(pairs),
        params:
            pairs=lambda wildcards, pairs=pairs: filled(pairs, wildcards),
            blends=BLENDS,
            recipe=lambda wildcards: config["transfer"]["recipes"][wildcards.recipe],
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
