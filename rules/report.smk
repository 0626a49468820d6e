# Pages of the report: the answer, and the methods written from the configuration.


rule write_answer:
    input:
        claims=rules.judge_claims.output.claims,
    output:
        answer=report(  # the report's landing text takes it in, see report/workflow.rst
            "<results>/answer.html",
            caption="../report/answer.rst",
            category="Answer",
            labels={"page": "the answer, claim by claim"},
        ),
    log:
        "<logs>/write_answer.log",
    benchmark:
        "<benchmarks>/write_answer.tsv"
    conda:
        "../envs/figure.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=fingerprint("write_answer"),
    message:
        "Writing the answer: what the scores say of each claim."
    script:
        "../workflow_scripts/write_answer.py"


rule write_methods:
    input:
        claims=rules.judge_claims.output.claims,
        traces=of_each_picture(picture_file("json"), pairs=PAIRS[:1]),
    output:
        methods=report(
            "<results>/methods.html",
            caption="../report/methods.rst",
            category="Methods",
            labels={"page": "methods, from the configuration"},
        ),
    log:
        "<logs>/write_methods.log",
    benchmark:
        "<benchmarks>/write_methods.tsv"
    conda:
        "../envs/train.yaml"  # the packages whose versions count
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        # Snakemake writes params into a script of its report as they are: no path of the user's, and no `<`.
        # Functions, for the braces in them.
        config=lambda wildcards: script_safe_json(without_local_paths(config)),
        meanings=lambda wildcards: script_safe_json(
            schema_page.descriptions(PROJECT / "config" / "schema.yaml")
        ),
        images=image_credits,
        pairs=PAIRS,
        code=fingerprint("write_methods"),
    message:
        "Writing the methods from the configuration."
    script:
        "../workflow_scripts/write_methods.py"
