"""Describe a finished run as a Workflow Run RO-Crate, from its manifest, run record and job records.

SOURCE: Workflow Run Crate 0.5 (Leo et al. 2024), on RO-Crate 1.1 and Workflow RO-Crate 1.0. One action stands for the
run. Provenance Run Crate, the next level, needs an action per job: thousands of them would repeat the job records,
which the crate contains as files.
"""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from robust_style.files.atomic import read_json, whole_folder, write_json
from robust_style.files.digest import sha256_of_bytes, sha256_of_file
from robust_style.provenance.job import FOLDER, JobRecord
from robust_style.provenance.manifest import RUN, ManifestRow, load_manifest

ROOT = Path(__file__).resolve().parents[3]
# The parts of the workflow that are copied into the crate. Not the configuration: it may name folders of one machine,
# and the run record has it without them.
WORKFLOW = (
    "Snakefile", "rules/*.smk", "workflow_scripts/**/*", "envs/*.yaml", "report/*.rst", "LICENSE", "CITATION.cff",
)  # fmt: skip
WORKFLOW_SUFFIXES = {"", ".smk", ".py", ".typed", ".html", ".css", ".js", ".yaml", ".rst", ".cff"}
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
# RO-Crate 1.1 has no term for a hash; the profile's list of terms has.
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
MIT = "https://spdx.org/licenses/MIT"
SOFTWARE_PAGES = {
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
LICENCE_TEXT = (
    "The workflow is under the MIT licence (workflow/LICENSE). Each image below data/images keeps the licence named at "
    "it, and so does what is painted of it; CIFAR-10 is Krizhevsky's (2009)."
)
# Formal outputs of the workflow: name, and its file or folder in this run.
OUTPUTS = {
    "scores": "scores.tsv",
    "claims": "claims.tsv",
    "evaluations": "evaluations.tsv",
    "overview": "figures/standard_vs_adversarial.png",
    "page": "comparison/",
    "manifest": "manifest.tsv",
}
FORMATS = {
    ".tsv": "text/tab-separated-values",
    ".html": "text/html",
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
    ".npz": "application/zip",
    ".gz": "application/gzip",
}
# Files described one by one, besides figures and data set; all others are in a folder below, and in the manifest.
FILES = {
    "scores.tsv": "One row per picture: content, style and artefact scores",
    "scores_by_iteration.tsv": "The scores during painting",
    "claims.tsv": "One row per published claim: estimate, interval, verdict",
    "evaluations.tsv": "Clean and robust accuracy of every checkpoint",
    "history.tsv": "Every epoch of every training",
    "answer.html": "The answer, claim by claim",
    "methods.html": "The methods, written from the configuration",
    "comparison.html": "The page to explore, in one file",
    "manifest.tsv": "SHA-256 of every product and of the record of every job",
    "check.json": "What was verified",
    RUN: "Configuration, software versions and commit of the run",
}
FOLDERS = {
    "checkpoints": "Networks after a number of training epochs",
    "comparison": "The page to explore",
    "evaluation": "Accuracies of each checkpoint",
    "ratings": "Ratings of the pictures by networks that did not paint them",
    FOLDER: "The record of each job: code, settings, inputs, outputs, versions, device, switches",
    "reconstructions": "Images reconstructed from the layers of each checkpoint",
    "scores": "The scores of each picture",
    "stylized": "Each picture with preview, trace, snapshots and animation",
    "workflow": "The code of the workflow",
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
    """Copy the workflow's code to the folder `workflow` and write the crate's description to `crate`.

    The folder of `manifest` becomes the crate. `run` is the run record, `images` have title, author, year and licence
    by name, `snakemake` is its version. The end of the run is the time of `manifest`, so the same results always give
    the same bytes. Raises ResultError if manifest or a record is damaged, StorageError if nothing can be written.
    """
    copy_workflow(workflow)
    record, rows, results = read_json(run), load_manifest(manifest), manifest.parent
    ro_crate = ROCrate(version="1.1")
    ro_crate.metadata.extra_terms = dict(TERMS)
    main = _add_workflow(ro_crate, record, snakemake)
    ended = datetime.fromtimestamp(manifest.stat().st_mtime, UTC).isoformat(timespec="seconds")
    _describe_crate(ro_crate, main, ended)
    digests = {row.path: row.sha256 for row in rows}
    digests |= {path.relative_to(results).as_posix(): sha256_of_file(path) for path in (manifest, check)}
    files, folders = _add_files(ro_crate, digests), _add_folders(ro_crate, rows, results)
    datasets = [entity for path, entity in files.items() if path.endswith(".npz")]
    inputs = [*_add_archive(ro_crate, rows, results), *_add_images(ro_crate, rows, images), *datasets]
    products = files | folders
    for dataset in datasets:
        main["input"] = _formal_parameter(ro_crate, "dataset", dataset)
    main["output"] = [
        _formal_parameter(ro_crate, name, products[path]) for name, path in OUTPUTS.items() if path in products
    ]
    ro_crate.root_dataset["mentions"] = ro_crate.add_action(
        main,
        identifier="#run",
        object=[*inputs, *_add_settings(ro_crate, record["config"])],
        result=[entity for path, entity in products.items() if not path.startswith(("data/", "workflow/"))],
        properties={
            "name": "The run of the workflow",
            "description": f"The record of each job is below {FOLDER}/.",
            "endTime": ended,
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    write_json(crate, ro_crate.metadata.generate())
    print(f"{crate}: a Workflow Run RO-Crate of {len(ro_crate.get_entities())} entities")


def copy_workflow(folder: Path, root: Path = ROOT) -> None:
    """Copy the workflow's code to `folder`, atomically. The crate must contain its main entity.

    Raises StorageError if it cannot be written.
    """
    with whole_folder(folder) as unfinished:
        for source in sorted(path for pattern in WORKFLOW for path in root.glob(pattern)):
            if source.is_file() and source.suffix in WORKFLOW_SUFFIXES and "__pycache__" not in source.parts:
                copy = unfinished / source.relative_to(root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)


def _add_workflow(ro_crate: Any, record: Mapping[str, Any], snakemake: str) -> Any:
    main = ro_crate.add_workflow(
        dest_path="workflow/Snakefile",
        main=True,
        lang="snakemake",
        lang_version=snakemake,
        properties={
            "name": "robust-style",
            "description": "Trains networks with and without attacks, paints with each checkpoint, scores pictures.",
            "version": record["commit"],
            "encodingFormat": "text/x-python",  # Snakemake's language is a superset of Python
            "license": {"@id": MIT},
            "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
        },
    )
    main["softwareRequirements"] = [
        _add_entity(
            ro_crate,
            f"#software-{name}" if len(versions) == 1 else f"#software-{name}-{version}",
            "SoftwareApplication",
            name=name,
            softwareVersion=version,
            url=SOFTWARE_PAGES[name],
        )
        for name, versions in record["software"].items()
        for version in versions
    ]
    _add_entity(ro_crate, MIT, "CreativeWork", name="MIT License", description="The licence of the workflow.")
    return main


def _describe_crate(ro_crate: Any, main: Any, ended: str) -> None:
    ro_crate.name = "robust-style: results of a run"
    ro_crate.description = (
        "Pictures painted with checkpoints of standard and adversarially trained networks, their scores, and a verdict"
        " on each published claim."
    )
    ro_crate.datePublished = ended
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    authors = []
    for number, author in enumerate(citation["authors"]):
        name = author.get("name") or f"{author.get('given-names', '')} {author['family-names']}".strip()
        kind = "Organization" if "name" in author else "Person"
        authors.append(_add_entity(ro_crate, author.get("orcid") or f"#author-{number}", kind, name=name))
    # RO-Crate's JSON-LD: a single entity is not a list.
    main["author"] = ro_crate.root_dataset["author"] = authors[0] if len(authors) == 1 else authors
    ro_crate.license = _add_entity(
        ro_crate, "#terms", "CreativeWork", name="MIT, and each image its own", description=LICENCE_TEXT
    )
    ro_crate.root_dataset["conformsTo"] = [
        _add_entity(ro_crate, profile, "CreativeWork", name=name, version=profile.rsplit("/", 1)[1])
        for profile, name in PROFILES.items()
    ]


def _add_files(ro_crate: Any, digests: Mapping[str, str]) -> dict[str, Any]:
    """Add tables, pages, records, figures and data set; return the entities by path."""
    files = {}
    for path, digest in digests.items():
        if path in FILES:
            files[path] = _add_file(ro_crate, path, digest, FILES[path])
        elif path.startswith("figures/"):
            name = Path(path).stem.replace("--", " in the style of ").replace("_", " ")
            files[path] = _add_file(ro_crate, path, digest, f"Figure: {name}")
        elif path.startswith("data/") and path.endswith(".npz"):
            files[path] = _add_file(ro_crate, path, digest, "The data set: verified images and labels as arrays")
    return files


def _add_folders(ro_crate: Any, rows: Sequence[ManifestRow], results: Path) -> dict[str, Any]:
    """Add the folders that exist; return the entities by path with a slash at the end."""
    counts = Counter(row.path.split("/")[0] for row in rows)
    return {
        f"{name}/": ro_crate.add_dataset(
            dest_path=f"{name}/",
            properties={"name": name, "description": f"{text}; files listed in manifest.tsv: {counts[name]}"},
        )
        for name, text in FOLDERS.items()
        if (results / name).is_dir()
    }


def _add_archive(ro_crate: Any, rows: Sequence[ManifestRow], results: Path) -> list[Any]:
    """Add the archive of the data set by its hash; nothing if the data set is embedded."""
    records = [JobRecord.load(results / row.path) for row in rows if row.path.startswith(f"{FOLDER}/fetch_dataset/")]
    return [
        _add_file(ro_crate, path, digest, "The archive of the data set, as fetched")
        for record in records
        for path, digest in record.outputs.items()
    ]


def _add_images(ro_crate: Any, rows: Sequence[ManifestRow], images: Mapping[str, Mapping[str, str]]) -> list[Any]:
    """Add the prepared images, each with its credits."""
    entities = []
    for row in rows:
        name = Path(row.path).stem
        if row.path.startswith("data/images/") and name in images:
            credit = images[name]
            licence = credit["licence"] or "not stated"
            text = ", ".join(credit[key] for key in ("title", "author", "year") if credit[key])
            image = _add_file(ro_crate, row.path, row.sha256, f"{text}. Licence: {licence}")
            image["name"] = credit["title"] or name
            image["license"] = _add_shared(
                ro_crate, "licence", "CreativeWork", licence, f"The licence of an image, from the catalogue: {licence}"
            )
            if credit["author"] not in ("", "unknown"):
                image["creator"] = _add_shared(ro_crate, "painter", "Person", credit["author"])
            entities.append(image)
    return entities


def _add_settings(ro_crate: Any, config: Mapping[str, Any]) -> list[Any]:
    """Add the main settings; the run record has all of them."""
    values = {
        "seeds": config["seeds"],
        "networks": list(config["networks"]),
        "recipes": list(config["transfer"]["recipes"]),
        "epochs": [config["training"]["epochs"]],
        "size_px": [config["transfer"]["size_px"]],
    }
    return [
        _add_entity(ro_crate, f"#setting-{name}", "PropertyValue", name=name, value=", ".join(map(str, value)))
        for name, value in values.items()
    ]


def _formal_parameter(ro_crate: Any, name: str, example: Any) -> Any:
    parameter = ro_crate.add_formal_parameter(name, example.type, identifier=f"#parameter-{name}")
    parameter["workExample"] = example
    example["exampleOfWork"] = parameter
    return parameter


def _add_file(ro_crate: Any, path: str, digest: str, description: str) -> Any:
    properties = {"name": path.rsplit("/", 1)[-1], "description": description, "sha256": digest}
    if (suffix := Path(path).suffix) in FORMATS:
        properties["encodingFormat"] = FORMATS[suffix]
    return ro_crate.add_file(dest_path=path, properties=properties)


def _add_shared(ro_crate: Any, prefix: str, kind: str, name: str, description: str | None = None) -> Any:
    """Add an entity that several images may share; its identifier is a hash, since a name may hold any character."""
    identifier = f"#{prefix}-{sha256_of_bytes(name.encode())[:12]}"
    return ro_crate.dereference(identifier) or _add_entity(
        ro_crate, identifier, kind, name=name, description=description
    )


def _add_entity(ro_crate: Any, identifier: str, kind: str, **properties: Any) -> Any:
    present = {name: value for name, value in properties.items() if value is not None}
    return ro_crate.add(ContextEntity(ro_crate, identifier, properties={"@type": kind, **present}))
