# Shared by all rules: the checked configuration, constraints of the wildcards, lists of files, and the code hash.
import os
import sys
from pathlib import Path

# The folder of this repository. In a module of another workflow, `workflow.basedir` is the folder of the other one.
PROJECT = Path(workflow.current_basedir).parent
sys.path.insert(0, str(PROJECT / "workflow_scripts"))

from robust_style.data.catalogue import find_image, local_input
from robust_style.errors import RobustStyleError
from robust_style.model import kinds
from robust_style.page.offline import script_safe_json
from robust_style.provenance.run import without_local_paths
from robust_style.claims.claim import read_claim_blocks
from robust_style.score import columns
from robust_style.score.blind_test import read_answers
from robust_style.transfer.recipe import inert_in_configuration
from robust_style.transfer.stand_ins import read_stand_ins
from robust_style.workflow import (
    configuration,
    entry,
    experiment,
    plausibility,
    preflight,
    resources,
    schema_page,
    snakemake_report,
)
from robust_style.workflow.fingerprint import fingerprint as fingerprint_of_script
from snakemake import __version__ as SNAKEMAKE_VERSION
from snakemake.logging import logger


def or_stop(function, *arguments):
    """The function's result. A RobustStyleError is one message, and Snakemake ends with status 1."""
    try:
        return function(*arguments)
    except RobustStyleError as error:
        # Not raised: Snakemake would add a line number of this file.
        logger.error(f"error: {error}")
        sys.exit(1)


# Before any rule: later, Snakemake no longer knows the path variables of a module.
for name, path in workflow.pathvars.items.items():
    workflow.pathvars.items[name] = or_stop(configuration.normalise_path, path)
RESULTS = Path(workflow.pathvars.apply("<results>"))
LOGS = workflow.pathvars.apply("<logs>")

or_stop(
    configuration.refuse_duplicate_keys, [Path(path) for path in workflow.configfiles]
)
config = configuration.with_nested_values(config, workflow.config_settings.config)
if Path(workflow.basedir).resolve() != PROJECT.resolve():
    config = configuration.on_top_of_published(config, PROJECT)
given = config
config = or_stop(
    configuration.check_configuration, config, PROJECT / "config" / "schema.yaml"
)
if workflow.is_main_process:
    for warning in [
        *or_stop(plausibility.configuration_warnings, config),
        *inert_in_configuration(given, config),
    ]:
        logger.warning(f"warning: {warning}")

# Another workflow that uses these rules may report without their results. Files in a storage are not checked.
if (
    workflow.is_main_process
    and Path(workflow.basedir).resolve() == PROJECT.resolve()
    and not workflow.storage_settings.default_storage_provider
):
    or_stop(snakemake_report.require_results, sys.argv, RESULTS)

if workflow.is_main_process:
    or_stop(read_answers, [Path(path) for path in config["ratings"]])
CLAIMS = or_stop(read_claim_blocks, [Path(path) for path in config["claims"]])
# Architecture -> its networks, for claims that compare over architectures.
ARCHITECTURES = (
    or_stop(experiment.networks_by_architecture, config)
    if any(claim.unit == "architectures" for claim in CLAIMS)
    else {}
)

# Layers of other architectures that stand for the layers of VGG in recipes.
STAND_INS = read_stand_ins(PROJECT / "config" / "layers.yaml")
NETWORKS = list(config["networks"])
# The recipe of the overview first, the others by name: the order of merged files is arbitrary.
RECIPES = sorted(
    config["transfer"]["recipes"],
    key=lambda name: (name != config["figure"]["recipe"], name),
)
PAIRS = experiment.pairs(config)
BLENDS = config["transfer"]["blends"]
# The pairs that one job paints with a checkpoint: one pair of wildcards, or several named pairs.
PAIRS_BY_JOB = (
    [[("{content}", "{style}")]]
    if experiment.pairs_per_job(config) == 1
    else experiment.pairs_by_job(config)
)
# (network, seed, epoch)
CHECKPOINTS = experiment.checkpoints(config)
# Recipe -> the checkpoints that paint with it.
PAINTING = {
    recipe: set(experiment.painting_checkpoints(config, recipe)) for recipe in RECIPES
}
# Checkpoints and images to reconstruct (may be empty).
RECONSTRUCTED = experiment.reconstructed_checkpoints(config)
RECONSTRUCTED_CONTENT, RECONSTRUCTED_STYLE = experiment.reconstructed_pair(config)
IMAGES = {
    name: or_stop(find_image, [Path(path) for path in config["images"]], name)
    for name in (
        *(
            image
            for content, style in PAIRS
            for image in (content, *experiment.images_of_style(config, style))
        ),
        *experiment.images_to_reconstruct(config),
    )
}
# With device cpu, no job asks for a GPU.
USES_GPU = config["device"] != "cpu"


wildcard_constraints:
    dataset="[a-z0-9_]+",
    image=experiment.one_of(IMAGES),
    blend=experiment.one_of(BLENDS),
    network=experiment.one_of(NETWORKS),
    seed=r"\d+",
    epoch=r"\d{3}",
    recipe=experiment.one_of(RECIPES),
    content="[a-z0-9_]+",
    style="[a-z0-9_]+",


def fingerprint(rule_name):
    """Hash of the code that the rule's script imports; among `params`, it re-runs the rule if the code changes."""
    return fingerprint_of_script(PROJECT / "workflow_scripts" / f"{rule_name}.py")


def all_at_once(files):
    """An input function for thousands of files: Snakemake 9.27 hashes a named list once for each of its files."""
    return lambda wildcards: files


def of_each_checkpoint(patterns, checkpoints=CHECKPOINTS):
    """The files of one or several patterns with network, seed and epoch, for every checkpoint."""
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return [
        pattern.format(network=network, seed=seed, epoch=f"{epoch:03d}")
        for network, seed, epoch in checkpoints
        for pattern in patterns
    ]


def of_each_picture(pattern, checkpoints=CHECKPOINTS, recipes=RECIPES, pairs=PAIRS):
    """The files of a pattern with recipe, network, seed, epoch, content and style, for every picture.

    Checkpoints that do not paint with a recipe (its key `checkpoints`) are left out; controls have no such recipe.
    """
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
        if (network, seed, epoch) in PAINTING.get(recipe, checkpoints)
    ]


def checkpoints_of(wildcards):
    """The checkpoints of one network and seed."""
    return [
        item
        for item in CHECKPOINTS
        if item[:2] == (wildcards.network, int(wildcards.seed))
    ]


def picture_file(ending, content="{content}", style="{style}"):
    """The pattern of one of the files of a picture, for any pair or a named one."""
    return (
        "<results>/stylized/{recipe}/{network}/seed_{seed}/epoch_{epoch}/"
        f"{content}--{style}.{ending}"
    )


def of_scored_pictures(ending):
    """An input function: one kind of file of all pictures of one training and recipe."""
    return lambda wildcards: of_each_picture(
        picture_file(ending), checkpoints_of(wildcards), [wildcards.recipe]
    )


def files_of_job(ending, pairs):
    """The patterns of one kind of file for each pair that a job paints."""
    return [picture_file(ending, content, style) for content, style in pairs]


def filled(pairs, wildcards):
    """The pairs of a job with the values of its wildcards."""
    return [(c.format(**wildcards), s.format(**wildcards)) for c, s in pairs]


def words_of_job(pairs):
    """The pairs of a job, for its message."""
    if pairs == [("{content}", "{style}")]:
        return "{wildcards.content} in the style of {wildcards.style}"
    return ", ".join(f"{content} in the style of {style}" for content, style in pairs)


def seeds_in_turn(wildcards):
    """A priority: what the first seeds need comes first, so that their claims can be judged while others run."""
    # A seed that only a target names comes last.
    seeds = [*config["seeds"], int(wildcards.seed)]
    return 2 * (len(seeds) - seeds.index(int(wildcards.seed)))


def images_of_job(pairs):
    """An input function: the prepared images of a job's pairs, each once."""

    def images(wildcards):
        names = [
            name
            for content, style in filled(pairs, wildcards)
            for name in (content, *experiment.images_of_style(config, style))
        ]
        return [f"<results>/data/images/{name}.png" for name in dict.fromkeys(names)]

    return images


def picture_item(wildcards):
    """What distinguishes a picture from the others of its pair, for the report."""
    return snakemake_report.picture_item(
        config, wildcards.recipe, wildcards.network, wildcards.seed, wildcards.epoch
    )


def on_this_machine(path):
    """A file of the user, not in Snakemake's storage; an empty list for None."""
    return local(path) if path else []


def archive_of(wildcards):
    """The archive of a dataset; an embedded one has none."""
    return rules.fetch_dataset.output.archive if wildcards.dataset == "cifar10" else []


def local_image(wildcards):
    """A picture of the user, as an input: a newer file is prepared again."""
    return on_this_machine(local_input(IMAGES[wildcards.image]))


def image_credits(wildcards):
    """Title, author, year and licence of every image, as JSON for the params of a rule."""
    return script_safe_json(
        {
            name: {
                "title": record.title,
                "author": record.author,
                "year": record.year,
                "licence": record.licence,
            }
            for name, record in IMAGES.items()
        }
    )


def previous_checkpoint(wildcards):
    """The checkpoint that a segment starts from."""
    epoch = int(wildcards.epoch) - config["training"]["checkpoint_every"]
    return f"<results>/checkpoints/{wildcards.network}/seed_{wildcards.seed}/epoch_{epoch:03d}.pt"


def own_files():
    """The user's files that the run reads."""
    local = [local_input(record) for record in IMAGES.values()]
    local += [
        kinds.local_source(block)
        for block in [*config["networks"].values(), config["raters"]["squeezenet"]]
        if block and kinds.is_imported(block)
    ]
    archive = config["dataset"]["archive"]
    return [Path(path) for path in [*local, archive] if path]


def short_edition():
    """The configuration of config/short.yaml, if this run is the published experiment; otherwise None."""
    if [Path(path).name for path in workflow.configfiles] != ["config.yaml"]:
        return None
    return or_stop(configuration.short_edition, PROJECT)


def stages_of_rules():
    """Rule -> its stage: the name of its file in rules/."""
    files = {item.name: Path(item.snakefile) for item in workflow.rules}
    return {
        name: path.stem for name, path in files.items() if path.parent.name == "rules"
    }


def before_start():
    """Stop a run that this machine or its Slurm cannot finish; otherwise, print its estimated duration."""
    if workflow.local_exec:
        or_stop(preflight.check_before_start, config, RESULTS, own_files())
        say(resources.announced_duration(config, short_edition()))
    elif workflow.executor_plugin.name == "slurm":
        or_stop(
            preflight.refuse_slurm_without_accounting,
            workflow.executor_settings.status_command,
        )
    logger.info(
        None,  # nothing to print; see robust_style.workflow.terminal
        extra={
            "stages": stages_of_rules(),
            "estimates": resources.seconds_per_job(config),
            "log": ", ".join(
                map(os.path.relpath, workflow.logger_manager.get_logfile())
            ),
            "logs": LOGS,
        },
    )


def figure_files(rule_name, figure):
    """The outputs of a rule with one figure; the report has the last one."""
    name = rule_name.removeprefix("draw_")
    path = f"<results>/figures/{figure.get('file', name)}"
    files = {"vector": f"{path}.svg", "figure": f"{path}.png"}
    if figure.get("has_preview"):
        files["preview"] = f"{path}.jpg"
    *_, shown = files
    files[shown] = report(
        files[shown],
        caption=f"../report/{name}.rst",
        category="Figures",
        subcategory="at a glance",
        labels={"figure": figure["report"]},
    )
    return files


def say(text):
    """Print a text, in order with the progress of `--logger robust-style`."""
    logger.info(text, extra={"shown": True})
