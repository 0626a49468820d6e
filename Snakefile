# The workflow in the order of the data. Rules are in rules/; the script of each rule has the rule's name
# (workflow_scripts/) and calls the package workflow_scripts/robust_style/.
import os
from os.path import relpath

from snakemake.utils import min_version

min_version("9.27")


configfile: relpath(f"{workflow.current_basedir}/config/config.yaml")  # of this repository, wherever Snakemake runs


report: "report/workflow.rst"


include: "rules/common.smk"  # checked configuration, wildcards, code hashes
include: "rules/data.smk"  # archive -> dataset; content and style images -> verified sRGB pictures
include: "rules/training.smk"  # untrained -> a checkpoint per segment; clean and robust accuracy
include: "rules/transfer.smk"  # checkpoint x content x style x recipe -> picture, trace, animation
include: "rules/score.smk"  # measures of each picture -> one table -> verdicts on the claims
include: "rules/figure.smk"  # figures
include: "rules/page.smk"  # the page to explore
include: "rules/report.smk"  # the answer, and the methods
include: "rules/check.smk"  # hashes of all products; check of counts, ranges and hashes; RO-Crate


rule all:
    default_target: True
    input:
        "<results>/check.json",
        "<results>/ro-crate-metadata.json",
        all_at_once(PRODUCTS),  # by name, so that deleted ones are made again
    message:
        "All products are made and checked."


onstart:
    before_start()


onsuccess:
    if not os.environ.get(
        "ROBUST_STYLE_CLOSING_LATER"
    ):  # `make` builds the report first
        say(entry.success_message(str(RESULTS)))


onerror:
    logger.error(entry.failure_message(log, LOGS))
