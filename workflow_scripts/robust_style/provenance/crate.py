"""A finished run as a Workflow Run RO-Crate: what made what, from what, under which terms, in a form of its own field.

Source: Workflow Run Crate 0.5 (Leo et al. 2024), on RO-Crate 1.1 and Workflow RO-Crate 1.0. One action stands for the
run. Provenance Run Crate, one level above, wants an action per job: thousands of them would repeat the records below
provenance/, which the crate holds, and no reader of crates would open it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from robust_style.artefact.json_file import read_json, write_json
from robust_style.artefact.manifest import manifest_rows
from robust_style.provenance.crate_files import add_archive, add_files, add_folders, add_images
from robust_style.provenance.workflow_copy import ROOT, copy_workflow

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
# RO-Crate 1.1 has no word for it; the profile's own list of terms has.
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
HOMES = {
    "torch": "https://pytorch.org",
    "robustness": "https://github.com/MadryLab/robustness",
    "pyautoattack": "https://github.com/fra31/auto-attack",
    "numpy": "https://numpy.org",
    "scipy": "https://scipy.org",
    "pandas": "https://pandas.pydata.org",
    "pillow": "https://python-pillow.github.io",
    "scikit-image": "https://scikit-image.org",
    "matplotlib": "https://matplotlib.org",
    "python": "https://www.python.org",
}
RIGHTS = (
    "The workflow is under the MIT licence (workflow/LICENSE). Each image below data/images keeps the licence named at "
    "it, and so does what is painted of it; CIFAR-10 is Krizhevsky's (2009)."
)
# Name in the workflow: the file or folder that it was in this run.
OUTPUTS = {
    "scores": "scores.tsv",
    "claims": "claims.tsv",
    "evaluations": "evaluations.tsv",
    "overview": "figures/standard_vs_adversarial.png",
    "page": "comparison/",
    "manifest": "manifest.tsv",
}


def write_crate(
    *,
    manifest: Path,
    run: Path,
    check: Path,
    images: Mapping[str, Mapping[str, str]],
    snakemake: str,
    workflow: Path,
    crate: Path,
) -> None:
    """Copies the workflow's code to the folder `workflow` and writes the crate's description to the file `crate`.

    `manifest`, `run` (its record) and `check` lie in the folder of the results, which becomes the crate; `images` have
    title, author, year and licence of each image; `snakemake` is the version. The run's end is the time of `manifest`,
    which follows the last product: the same results give the same bytes, today and when they are checked once more.
    Raises ResultError if manifest or record are damaged, StorageError where nothing can be written.
    """
    copy_workflow(workflow)
    record, rows = read_json(run), manifest_rows(manifest)
    made = ROCrate(version="1.1")
    made.metadata.extra_terms = dict(TERMS)
    main = _workflow(made, record, snakemake)
    authors = _authors(made)
    main["author"] = _alone(authors)
    ended = datetime.fromtimestamp(manifest.stat().st_mtime, UTC).isoformat(timespec="seconds")
    _describe(made, authors, ended)
    entities = add_files(made, rows, [manifest, run, check]) | add_folders(made, rows, crate.parent)
    inputs = [*add_archive(made, rows, crate.parent), *add_images(made, rows, images)]
    inputs += [entities[path] for path in entities if path.startswith("data/") and path.endswith(".npz")]
    settings = _settings(made, record["config"])
    _parameters(made, main, entities, inputs)
    action = made.add_action(
        main,
        identifier="#run",
        object=[*inputs, *settings],
        result=[entities[path] for path in entities if not path.startswith(("data/", "workflow/"))],
        properties={
            "name": "The run of the workflow",
            "description": "Every job of it has a record of its own below provenance/.",
            "endTime": ended,
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    made.root_dataset["mentions"] = action
    write_json(crate, made.metadata.generate())
    print(f"{crate}: a Workflow Run RO-Crate of {len(made.get_entities())} entities")


def _workflow(made: Any, record: Mapping[str, Any], snakemake: str) -> Any:
    main = made.add_workflow(
        dest_path="workflow/Snakefile",
        main=True,
        lang="snakemake",
        lang_version=snakemake,
        properties={
            "name": "robust-style",
            "description": "Trains networks with and without attacks, paints with every checkpoint, scores, judges.",
            "version": record["commit"],
            "encodingFormat": "text/x-python",  # which the language of a Snakefile is a superset of
            "license": {"@id": "https://spdx.org/licenses/MIT"},
            "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
        },
    )
    versions = {"python": record["python"], **record["packages"]}
    main["softwareRequirements"] = [
        _add(made, f"#software-{name}", "SoftwareApplication", name=name, softwareVersion=version, url=HOMES.get(name))
        for name, version in versions.items()
        if version is not None
    ]
    _add(made, "https://spdx.org/licenses/MIT", "CreativeWork", name="MIT License", description="The workflow's.")
    return main


def _describe(made: Any, authors: list[Any], ended: str) -> None:
    made.name = "robust-style: results of a run"
    made.description = (
        "Pictures painted with checkpoints of standard and adversarially trained networks, their scores, and what these"
        " say of each published claim."
    )
    made.datePublished = ended
    made.root_dataset["author"] = _alone(authors)
    made.license = _add(made, "#terms", "CreativeWork", name="MIT, and each image its own", description=RIGHTS)
    made.root_dataset["conformsTo"] = [
        _add(made, profile, "CreativeWork", name=name, version=profile.rsplit("/", 1)[1])
        for profile, name in PROFILES.items()
    ]


def _authors(made: Any) -> list[Any]:
    found = []
    for number, author in enumerate(yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["authors"]):
        identifier = author.get("orcid") or f"#author-{number}"
        if "name" in author:
            found.append(_add(made, identifier, "Organization", name=author["name"]))
        else:
            name = f"{author.get('given-names', '')} {author['family-names']}".strip()
            found.append(_add(made, identifier, "Person", name=name))
    return found


def _settings(made: Any, config: Mapping[str, Any]) -> list[Any]:
    """The few that say what a run is; all of them stand in its record."""
    values = {
        "seeds": config["seeds"],
        "networks": list(config["networks"]),
        "recipes": list(config["transfer"]["recipes"]),
        "epochs": [config["training"]["epochs"]],
        "size_px": [config["transfer"]["size_px"]],
    }
    return [
        _add(made, f"#setting-{name}", "PropertyValue", name=name, value=", ".join(map(str, value)))
        for name, value in values.items()
    ]


def _parameters(made: Any, main: Any, entities: Mapping[str, Any], inputs: list[Any]) -> None:
    for entity in inputs:
        if entity.id.endswith(".npz"):
            main["input"] = _parameter(made, "dataset", entity)
    main["output"] = [_parameter(made, name, entities[path]) for name, path in OUTPUTS.items() if path in entities]


def _parameter(made: Any, name: str, example: Any) -> Any:
    parameter = made.add_formal_parameter(name, example.type, identifier=f"#parameter-{name}")
    parameter["workExample"] = example
    example["exampleOfWork"] = parameter
    return parameter


def _alone(entities: list[Any]) -> Any:
    """JSON-LD as RO-Crate wants it: one thing is no list."""
    return entities[0] if len(entities) == 1 else entities


def _add(made: Any, identifier: str, kind: str, **properties: Any) -> Any:
    given = {name: value for name, value in properties.items() if value is not None}
    return made.add(ContextEntity(made, identifier, properties={"@type": kind, **given}))
