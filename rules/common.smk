# What the chapters share: the checked configuration, the wildcards' vocabulary, and the fingerprint of a rule's code.
import sys
from pathlib import Path

# Where this project lies; as a module of another workflow, `workflow.basedir` is that one's folder.
PROJECT = Path(workflow.current_basedir).parent
sys.path.insert(0, str(PROJECT / "workflow_scripts"))

from robust_style.data.catalogue import find_image, local_input
from robust_style.errors import RobustStyleError
from robust_style.model import kinds
from robust_style.page.offline import script_safe_json
from robust_style.provenance.run import without_local_paths
from robust_style.score.claim import read_claim_blocks
from robust_style.transfer.recipe import inert_in_configuration
from robust_style.transfer.stand_ins import read_stand_ins
from robust_style.workflow import (
    closing_words,
    config_files,
    cost,
    dataset,
    raters,
    layers,
    memory,
    meanings,
    preflight,
    published,
    ratios,
    reconstruction,
    roles,
    report_form,
    report_labels,
    settings,
)
from robust_style.workflow.fingerprint import fingerprint as fingerprint_of_script
from snakemake import __version__ as SNAKEMAKE_VERSION
from snakemake.logging import logger


def or_stop(function, *arguments):
    """The function's result. An error of the user's is one message, and Snakemake ends with status 1."""
    try:
        return function(*arguments)
    except RobustStyleError as error:
        # Not raised: Snakemake would add a line number of this file, which tells a user nothing.
        logger.error(f"error: {error}")
        sys.exit(1)


# Here, before any rule: later Snakemake no longer knows the path variables of a module.
for name, path in workflow.pathvars.items.items():
    workflow.pathvars.items[name] = or_stop(published.normalised_path, path)
RESULTS = Path(workflow.pathvars.apply("<results>"))

or_stop(
    config_files.refuse_duplicate_keys, [Path(path) for path in workflow.configfiles]
)
config = config_files.with_nested_values(config, workflow.config_settings.config)
if Path(workflow.basedir).resolve() != PROJECT.resolve():
    config = published.on_top_of_published(config, PROJECT)
given, config = (
    config,
    or_stop(settings.checked, config, PROJECT / "config" / "schema.yaml"),
)
if workflow.is_main_process:
    for warning in [
        *or_stop(settings.warnings, config),
        *inert_in_configuration(given, config),
    ]:
        logger.warning(f"warning: {warning}")

# Another workflow that uses these rules may report without their results; a storage is not looked into.
if (
    workflow.is_main_process
    and Path(workflow.basedir).resolve() == PROJECT.resolve()
    and not workflow.storage_settings.default_storage_provider
):
    or_stop(report_form.require_results, sys.argv, RESULTS)

or_stop(read_claim_blocks, [Path(path) for path in config["claims"]])

# Which layers of another network stand for those of VGG that recipes name.
STAND_INS = read_stand_ins(PROJECT / "config" / "layers.yaml")
NETWORKS = list(config["networks"])
# The recipe of the overview comes first everywhere; files merged by Snakemake leave the rest in no order of ours.
RECIPES = sorted(
    config["transfer"]["recipes"],
    key=lambda name: (name != config["figure"]["recipe"], name),
)
PAIRS = settings.pairs(config)
BLENDS = config["transfer"]["blends"]
# What one job paints with a checkpoint: any one pair, or pairs that are known by name.
PAIRS_BY_JOB = (
    [[("{content}", "{style}")]]
    if config["transfer"]["pairs_per_job"] == 1
    else settings.pairs_by_job(config)
)
# (network, seed, epoch); not every network has every one.
CHECKPOINTS = settings.checkpoints(config)
# Those that show what they have kept, and of which images; perhaps none.
RECONSTRUCTED = reconstruction.reconstructed_checkpoints(config)
RECONSTRUCTED_CONTENT, RECONSTRUCTED_STYLE = settings.reconstructed_pair(config)
IMAGES = {
    name: or_stop(find_image, [Path(path) for path in config["images"]], name)
    for name in (
        *(
            image
            for content, style in PAIRS
            for image in (content, *settings.images_of_style(config, style))
        ),
        *reconstruction.images_to_reconstruct(config),
    )
}
USES_GPU = (
    config["device"] != "cpu"
)  # on purpose on the CPU: then no job asks for a GPU


wildcard_constraints:
    dataset="[a-z0-9_]+",
    image=settings.one_of(IMAGES),
    blend=settings.one_of(BLENDS),
    network=settings.one_of(NETWORKS),
    seed=r"\d+",
    epoch=r"\d{3}",
    recipe=settings.one_of(RECIPES),
    content="[a-z0-9_]+",
    style="[a-z0-9_]+",


def fingerprint(rule_name):
    """Hash of the meaning of all code that the rule's script reaches; among `params` it re-runs what it must."""
    return fingerprint_of_script(PROJECT / "workflow_scripts" / f"{rule_name}.py")


def all_at_once(files):
    """An input function that gives `files`. For thousands: Snakemake 9.27 hashes a named list once for each of its files."""
    return lambda wildcards: files


def of_each_checkpoint(patterns, checkpoints=CHECKPOINTS):
    """The files of a pattern, or of several, with network, seed and epoch, for every checkpoint."""
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return [
        pattern.format(network=network, seed=seed, epoch=f"{epoch:03d}")
        for network, seed, epoch in checkpoints
        for pattern in patterns
    ]


def of_each_picture(pattern, checkpoints=CHECKPOINTS, recipes=RECIPES, pairs=PAIRS):
    """The files of a pattern with recipe, network, seed, epoch, content and style, for every picture."""
    return [
        pattern.format(
            recipe=recipe,
            network=network,
            seed=seed,
            epoch=f"{epoch:03d}",
            content=content,
            style=style,
        )
        for content, style in pairs
        for recipe in recipes
        for network, seed, epoch in checkpoints
    ]


def checkpoints_of(wildcards):
    """The checkpoints of one network and seed."""
    return [
        found
        for found in CHECKPOINTS
        if found[:2] == (wildcards.network, int(wildcards.seed))
    ]


def picture_file(ending, content="{content}", style="{style}"):
    """The pattern of one of the files that belong to a picture, for any pair or a known one."""
    return (
        "<results>/stylized/{recipe}/{network}/seed_{seed}/epoch_{epoch}/"
        f"{content}--{style}.{ending}"
    )


def files_of_job(ending, pairs):
    """The patterns of one kind of file for each pair that a job paints."""
    return [picture_file(ending, content, style) for content, style in pairs]


def filled(pairs, wildcards):
    """The pairs of a job by name: those of `{content}` and `{style}` are what its wildcards say."""
    return [(c.format(**wildcards), s.format(**wildcards)) for c, s in pairs]


def words_of_job(pairs):
    """What a job paints, for its message."""
    if pairs == [("{content}", "{style}")]:
        return "{wildcards.content} in the style of {wildcards.style}"
    return ", ".join(f"{content} in the style of {style}" for content, style in pairs)


def images_of_job(pairs):
    """A function that gives the prepared images that a job's pairs need, each once."""

    def images(wildcards):
        names = [
            name
            for content, style in filled(pairs, wildcards)
            for name in (content, *settings.images_of_style(config, style))
        ]
        return [f"<results>/data/images/{name}.png" for name in dict.fromkeys(names)]

    return images


def picture_item(wildcards):
    """What distinguishes a picture from the others of its pair, for the report."""
    return report_labels.picture_item(
        config, wildcards.recipe, wildcards.network, wildcards.seed, wildcards.epoch
    )


def here(path):
    """A file of the user's own, never in a storage of Snakemake's; nothing if there is none."""
    return local(path) if path else []


def archive_of(wildcards):
    """The archive a data set is made from; the embedded one has none."""
    return rules.fetch_dataset.output.archive if wildcards.dataset == "cifar10" else []


def local_image(wildcards):
    """A picture of the user's own is an input: a newer file is prepared anew."""
    return here(local_input(IMAGES[wildcards.image]))


def image_credits(wildcards):
    """Title, author, year and licence of every image, fit for the params of a rule."""
    return script_safe_json(
        {
            name: {
                "title": found.title,
                "author": found.author,
                "year": found.year,
                "licence": found.licence,
            }
            for name, found in IMAGES.items()
        }
    )


def previous_checkpoint(wildcards):
    """The checkpoint a segment begins with."""
    epoch = int(wildcards.epoch) - config["training"]["checkpoint_every"]
    return f"<results>/checkpoints/{wildcards.network}/seed_{wildcards.seed}/epoch_{epoch:03d}.pt"


def own_files():
    """The files of the user's own that the run depends on."""
    local = [local_input(record) for record in IMAGES.values()]
    local += [
        kinds.local_source(block)
        for block in [*config["networks"].values(), config["raters"]["squeezenet"]]
        if block and kinds.is_imported(block)
    ]
    archive = config["dataset"]["archive"]
    return [Path(path) for path in [*local, archive] if path]


def before_start():
    """Stops a run that this machine or its Slurm cannot finish; says how long another may take."""
    if workflow.local_exec:
        or_stop(preflight.look_before_start, config, RESULTS, own_files())
        say(cost.estimate(config) or "")
    elif workflow.executor_plugin.name == "slurm":
        or_stop(
            preflight.refuse_slurm_without_accounting,
            workflow.executor_settings.status_command,
        )


def say(text):
    print(text, file=sys.stderr)
