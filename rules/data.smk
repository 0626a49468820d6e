# Datasets (an archive accepted by its hash -> arrays), content and style images, and the weights of SqueezeNet.


SQUEEZENET = "<results>/raters/squeezenet1_0.pth"


# An unusable folder is an error while the run is planned. Processes of single jobs do not check it again.
if workflow.is_main_process:
    or_stop(experiment.folder_fingerprint, config)


# Downloads: the nodes of a cluster often have no internet access.
localrules:
    fetch_dataset,
    fetch_squeezenet,
    prepare_image,


rule fetch_dataset:
    input:
        # The hash decides, not the date. Functions, because the report does not show their paths.
        sources=ancient(lambda wildcards: on_this_machine(config["sources"])),
        local=ancient(lambda wildcards: on_this_machine(config["dataset"]["archive"])),
    output:
        archive="<results>/data/archive/{dataset}.tar.gz",
    log:
        "<logs>/fetch_dataset/{dataset}.log",
    benchmark:
        "<benchmarks>/fetch_dataset/{dataset}.tsv"
    retries: 2
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=1000,
        runtime=240,
    params:
        archive=config["dataset"]["archive"],
        sha256=config["dataset"]["sha256"],
        code=fingerprint("fetch_dataset"),
    message:
        "Fetching the archive of {wildcards.dataset} and checking its SHA-256."
    script:
        "../workflow_scripts/fetch_dataset.py"


rule prepare_dataset:
    input:
        archive=archive_of,
    output:
        dataset="<results>/data/{dataset}.npz",
    log:
        "<logs>/prepare_dataset/{dataset}.log",
    benchmark:
        "<benchmarks>/prepare_dataset/{dataset}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 16 if config["dataset"]["name"] == experiment.FOLDER else 1
    resources:
        mem_mb=3000,
        runtime=240 if config["dataset"]["name"] == experiment.FOLDER else 20,
    params:
        # For a folder: a hash of names, sizes and dates of its images, so that changed images are prepared again.
        images=lambda wildcards: experiment.folder_fingerprint(config),
        classes=lambda wildcards: config["dataset"]["classes"],
        size_px=experiment.side_px(config),
        train_size=config["dataset"]["train_size"],
        test_size=config["dataset"]["test_size"],
        code=fingerprint("prepare_dataset"),
    message:
        "Preparing {wildcards.dataset}: verified images and labels."
    script:
        "../workflow_scripts/prepare_dataset.py"


rule prepare_image:
    input:
        local=local_image,
    output:
        image="<results>/data/images/{image}.png",
    log:
        "<logs>/prepare_image/{image}.log",
    benchmark:
        "<benchmarks>/prepare_image/{image}.tsv"
    retries: 2
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        # What the picture depends on. Line and title in the catalogue do not matter.
        source=lambda wildcards: IMAGES[wildcards.image].source,
        sha256=lambda wildcards: IMAGES[wildcards.image].sha256,
        is_mask=lambda wildcards: experiment.is_mask(config, wildcards.image),
        code=fingerprint("prepare_image"),
    message:
        "Preparing the image {wildcards.image}: verified, upright, sRGB."
    script:
        "../workflow_scripts/prepare_image.py"


rule prepare_blend:
    input:
        parts=lambda wildcards: [
            f"<results>/data/images/{part['image']}.png"
            for part in BLENDS[wildcards.blend]
        ],
    output:
        image="<results>/data/images/{blend}.png",
    log:
        "<logs>/prepare_blend/{blend}.log",
    benchmark:
        "<benchmarks>/prepare_blend/{blend}.tsv"
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        weights=lambda wildcards: [part["weight"] for part in BLENDS[wildcards.blend]],
        code=fingerprint("prepare_blend"),
    message:
        "Arranging the styles of the blend {wildcards.blend} side by side."
    script:
        "../workflow_scripts/prepare_blend.py"


rule fetch_squeezenet:
    input:
        # A file of the user; a newer one is copied again.
        local=lambda wildcards: (
            on_this_machine(kinds.local_source(config["raters"]["squeezenet"]))
            if config["raters"]["squeezenet"]
            else []
        ),
    output:
        weights=SQUEEZENET,
    log:
        "<logs>/fetch_squeezenet.log",
    benchmark:
        "<benchmarks>/fetch_squeezenet.tsv"
    retries: 2
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        source=(config["raters"]["squeezenet"] or {}).get("source"),
        sha256=(config["raters"]["squeezenet"] or {}).get("sha256"),
        download_to="<results>/data/downloads/squeezenet1_0",
        code=fingerprint("fetch_squeezenet"),
    message:
        "Fetching the weights of SqueezeNet 1.0, which rates the pictures."
    script:
        "../workflow_scripts/fetch_squeezenet.py"
