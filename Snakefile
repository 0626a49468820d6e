# What is made, in the order in which the data travels. Each chapter is one file in rules/; the script of each rule
# bears the rule's name (workflow_scripts/); what it calls lives in workflow_scripts/robust_style/.
from os.path import relpath

from snakemake.utils import min_version

min_version("9.27")


configfile: relpath(f"{workflow.current_basedir}/config/config.yaml")  # of this repository, wherever Snakemake runs


report: "report/workflow.rst"


include: "rules/common.smk"  # the checked configuration, names of the wildcards, fingerprints of the code
include: "rules/data.smk"  # archive -> data set; content and style images -> verified sRGB pictures
include: "rules/training.smk"  # untrained -> a checkpoint per segment; clean and robust accuracy
include: "rules/transfer.smk"  # checkpoint x content x style x recipe -> picture, trace, animation
include: "rules/score.smk"  # measures of each picture -> one table -> what they say of each claim
include: "rules/figure.smk"  # figures
include: "rules/page.smk"  # the page to explore
include: "rules/report.smk"  # the answer, and the methods
include: "rules/check.smk"  # hashes of every product; counts, ranges and hashes verified; the run as an RO-Crate


rule all:
    default_target: True
    input:
        "<results>/check.json",
        "<results>/ro-crate-metadata.json",
        all_at_once(PRODUCTS),  # all of them by name: what was deleted is made again
    message:
        "All is made and checked."


onstart:
    before_start()


onsuccess:
    say(closing_words.where_to_look(str(RESULTS)))


onerror:
    say(closing_words.what_to_do(log, workflow.pathvars.apply("<logs>")))
