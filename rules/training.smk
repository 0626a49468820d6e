# Snakemake deletes the outputs of a failed job. Training is therefore split into jobs of `checkpoint_every` epochs
# (segments); each saves its state after every epoch in an undeclared folder. Imported networks (key `source`) have one
# checkpoint, networks of regime `untrained` only epoch 0. Exactly one of import_network, initialise_network and
# train_segment matches a checkpoint.

DATASET = f"<results>/data/{config['dataset']['name']}.npz"
# If these settings, the network's block, the data or the code change, checkpoints are trained again. Not compared:
# `epochs` and `checkpoint_every`, which do not change the weights after n epochs; `precision` and `threads`, which change
# rounding only, and which each checkpoint records.
TRAINING = {
    key: value
    for key, value in config["training"].items()
    if key not in {"epochs", "checkpoint_every", "precision", "threads"}
}
# A pattern, not rules.evaluate_checkpoint.output: with a Snakemake storage provider a rule's output cannot be expanded.
EVALUATION = "<results>/evaluation/{network}/seed_{seed}/epoch_{epoch}.json"
IMPORTED = [name for name in NETWORKS if kinds.is_imported(config["networks"][name])]
TRAINED = [name for name in NETWORKS if kinds.is_trained(config["networks"][name])]


# It downloads, and compute nodes often have no internet access; as in data.smk.
localrules:
    import_network,


rule import_network:
    input:
        dataset=DATASET,
        # If the source is a local file, a newer one is imported again.
        local=lambda wildcards: on_this_machine(
            kinds.local_source(config["networks"][wildcards.network])
        ),
    output:
        checkpoint="<results>/checkpoints/{network}/seed_{seed}/epoch_{epoch}.pt",
    log:
        "<logs>/import_network/{network}/seed_{seed}/epoch_{epoch}.log",
    benchmark:
        "<benchmarks>/import_network/{network}/seed_{seed}/epoch_{epoch}.tsv"
    wildcard_constraints:
        network=experiment.one_of(IMPORTED),
    retries: 2
    conda:
        "../envs/train.yaml"
    resources:
        mem_mb=5000,  # MadryLab's VGG16: 1.11 GB, and its tensors again
        runtime=60,
    params:
        settings=lambda wildcards: config["networks"][wildcards.network],
        code=fingerprint("import_network"),
    message:
        "Importing {wildcards.network}, trained elsewhere, as epoch {wildcards.epoch}."
    script:
        "../workflow_scripts/import_network.py"


rule initialise_network:
    input:
        dataset=DATASET,
    output:
        checkpoint="<results>/checkpoints/{network}/seed_{seed}/epoch_000.pt",
    log:
        "<logs>/initialise_network/{network}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/initialise_network/{network}/seed_{seed}.tsv"
    wildcard_constraints:
        network=experiment.one_of(name for name in NETWORKS if name not in IMPORTED),
    conda:
        "../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        settings=lambda wildcards: config["networks"][wildcards.network],
        training=TRAINING,
        code=fingerprint("initialise_network"),
    message:
        "Initialising {wildcards.network}, seed {wildcards.seed}: random weights, calibrated batch norm."
    script:
        "../workflow_scripts/initialise_network.py"


rule check_inputs:  # train_segment waits for it: a bad image is found before any training
    input:
        expand("<results>/data/images/{image}.png", image=list(IMAGES)),
        of_each_checkpoint(
            "<results>/checkpoints/{network}/seed_{seed}/epoch_{epoch}.pt",
            [checkpoint for checkpoint in CHECKPOINTS if checkpoint[0] in IMPORTED],
        ),
        [SQUEEZENET] if config["raters"]["squeezenet"] else [],
    output:
        record="<results>/data/inputs.json",
    log:
        "<logs>/check_inputs.log",
    benchmark:
        "<benchmarks>/check_inputs.tsv"
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=fingerprint("check_inputs"),
    message:
        "Checking that all images and imported networks are available, before training starts."
    script:
        "../workflow_scripts/check_inputs.py"


rule train_segment:
    input:
        dataset=DATASET,
        inputs=ancient(rules.check_inputs.output.record),  # a new image retrains nothing
        previous=previous_checkpoint,
    output:
        checkpoint="<results>/checkpoints/{network}/seed_{seed}/epoch_{epoch}.pt",
    log:
        "<logs>/train_segment/{network}/seed_{seed}/epoch_{epoch}.log",
    benchmark:
        "<benchmarks>/train_segment/{network}/seed_{seed}/epoch_{epoch}.tsv"
    wildcard_constraints:
        network=experiment.one_of(TRAINED),
        epoch=r"(?!000)\d{3}",
    priority: lambda wildcards: seeds_in_turn(wildcards) + 1  # before painting jobs: later checkpoints wait for it
    retries: 3
    conda:
        "../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=1 if USES_GPU else 0,
        mem_mb=6000,
        runtime=240,
    params:
        settings=lambda wildcards: config["networks"][wildcards.network],
        training=TRAINING,  # no evaluation.monitor_*, which changes only the history: no checkpoint is trained again
        code=fingerprint("train_segment"),
    message:
        "Training {wildcards.network}, seed {wildcards.seed}, until epoch {wildcards.epoch}."
    script:
        "../workflow_scripts/train_segment.py"


rule evaluate_checkpoint:
    input:
        dataset=DATASET,
        checkpoint="<results>/checkpoints/{network}/seed_{seed}/epoch_{epoch}.pt",
    output:
        evaluation=EVALUATION,
    log:
        "<logs>/evaluate_checkpoint/{network}/seed_{seed}/epoch_{epoch}.log",
    benchmark:
        "<benchmarks>/evaluate_checkpoint/{network}/seed_{seed}/epoch_{epoch}.tsv"
    retries: 1
    conda:
        "../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=1 if USES_GPU else 0,
        mem_mb=6000,
        runtime=120,
    params:
        evaluation=config["evaluation"],
        with_autoattack=lambda wildcards: experiment.needs_autoattack(
            config, wildcards.network, int(wildcards.epoch)
        ),
        code=fingerprint("evaluate_checkpoint"),
    message:
        "Measuring clean and robust accuracy of {wildcards.network}, seed {wildcards.seed}, epoch {wildcards.epoch}."
    script:
        "../workflow_scripts/evaluate_checkpoint.py"


rule benchmark_training:
    # Not part of `all`: request it by name, on the machine that will train.
    input:
        [],
    output:
        table="<benchmarks>/training_step.tsv",
    log:
        "<logs>/benchmark_training.log",
    benchmark:
        "<benchmarks>/benchmark_training.tsv"
    conda:
        "../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=1 if USES_GPU else 0,
        mem_mb=6000,
        runtime=60,
    params:
        code=fingerprint("benchmark_training"),
    message:
        "Timing our training step and the robustness library's, interleaved."
    script:
        "../workflow_scripts/benchmark_training.py"
