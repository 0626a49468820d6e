# The page to explore the pictures: a folder, and an edition in one file.

PAGE_IN_REPORT = {
    "caption": "../report/comparison.rst",
    "category": "Page to explore",
    "labels": {"page": "every picture, side by side"},
}


rule build_comparison:
    input:
        traces=all_at_once(of_each_picture(picture_file("json"))),
        previews=all_at_once(of_each_picture(picture_file("jpg"))),
        snapshots=all_at_once(of_each_picture(picture_file("snapshots.png"))),
        evaluations=of_each_checkpoint(EVALUATION),
        table=rules.collect_scores.output.table,
        by_iteration=rules.collect_scores.output.by_iteration,
        claims=rules.judge_claims.output.claims,
        images=expand(
            "<results>/data/images/{image}.png", image=sorted({*CONTENTS, *STYLES})
        ),
    output:
        # A report in a .zip contains the folder; a report in one file contains the edition.
        folder=(
            report(
                directory("<results>/comparison"),
                htmlindex="index.html",
                **PAGE_IN_REPORT,
            )
            if snakemake_report.can_hold_folders(sys.argv)
            else directory("<results>/comparison")
        ),
        edition=(
            "<results>/comparison.html"
            if snakemake_report.can_hold_folders(sys.argv)
            else report("<results>/comparison.html", **PAGE_IN_REPORT)
        ),
    log:
        "<logs>/build_comparison.log",
    benchmark:
        "<benchmarks>/build_comparison.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        code=fingerprint("build_comparison"),
    message:
        "Building the page to explore: a folder, and an edition in one file; no network needed."
    script:
        "../workflow_scripts/build_comparison.py"
