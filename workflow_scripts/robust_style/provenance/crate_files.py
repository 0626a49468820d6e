"""The files and folders of a run as entities of its crate."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity

from robust_style.artefact.digest import sha256_of_bytes, sha256_of_file
from robust_style.provenance.job import FOLDER
from robust_style.provenance.records import read_record

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
# What a reader of the results opens, one by one; all else is in a folder, and in the manifest.
FILES = {
    "scores.tsv": "One row per picture: what is left of the content, how close the style is, and artefacts",
    "scores_by_evaluation.tsv": "The same in the course of painting",
    "claims.tsv": "One row per published claim: estimate, interval, verdict",
    "evaluations.tsv": "Clean and robust accuracy of every checkpoint",
    "history.tsv": "Every epoch of every training",
    "answer.html": "The answer, claim by claim",
    "methods.html": "The methods, written from the configuration",
    "comparison.html": "The page to explore, in one file",
    "manifest.tsv": "SHA-256 of every product and of the record of every job",
    "check.json": "What was verified, and that it is as expected",
    f"{FOLDER}/run.json": "Configuration, versions and commit of the run",
}
FOLDERS = {
    "checkpoints": "Networks after so many epochs of training",
    "comparison": "The page to explore",
    "evaluation": "Accuracies of each checkpoint",
    "judgements": "What networks that did not paint make of the pictures",
    FOLDER: "The record of each job: code, settings, inputs, outputs, versions, device, switches",
    "reconstructions": "What the layers of each checkpoint have kept",
    "scores": "The scores of each picture",
    "stylized": "Each picture with preview, trace, snapshots and animation",
    "workflow": "The code of the workflow",
}


def add_files(made: Any, rows: Sequence[Mapping[str, str]], own: Sequence[Path]) -> dict[str, Any]:
    """The entities of tables, pages, figures and data set by path.

    `own` are files that the manifest, the first of them, cannot list.
    """
    results = own[0].parent
    known = {row["path"]: row["sha256"] for row in rows}
    known |= {path.relative_to(results).as_posix(): sha256_of_file(path) for path in own}
    return {
        path: _file(made, path, known[path], FILES.get(path) or _words(path))
        for path in known
        if path in FILES or path.startswith("figures/") or (path.startswith("data/") and path.endswith(".npz"))
    }


def add_folders(made: Any, rows: Sequence[Mapping[str, str]], results: Path) -> dict[str, Any]:
    """The entities of the folders that there are, by path with a slash at the end."""
    counts = Counter(row["path"].split("/")[0] for row in rows)
    return {
        f"{name}/": made.add_dataset(
            dest_path=f"{name}/",
            properties={
                "name": name,
                "description": f"{words}; files listed in manifest.tsv: {counts[name]}",
            },
        )
        for name, words in FOLDERS.items()
        if (results / name).is_dir()
    }


def add_archive(made: Any, rows: Sequence[Mapping[str, str]], results: Path) -> list[Any]:
    """The archive that the data set was made from, by its hash; none where the data set is embedded."""
    records = [row["path"] for row in rows if row["path"].startswith(f"{FOLDER}/fetch_dataset/")]
    outputs = {path: digest for record in records for path, digest in read_record(results / record)["outputs"].items()}
    return [_file(made, path, digest, "The archive of the data set, as fetched") for path, digest in outputs.items()]


def add_images(made: Any, rows: Sequence[Mapping[str, str]], images: Mapping[str, Mapping[str, str]]) -> list[Any]:
    """The prepared images, each with its credits."""
    found = []
    for row in rows:
        name = Path(row["path"]).stem
        if row["path"].startswith("data/images/") and name in images:
            about = images[name]
            words = ", ".join(about[key] for key in ("title", "author", "year") if about[key])
            image = _file(made, row["path"], row["sha256"], f"{words}. Licence: {about['licence'] or 'not stated'}")
            image["name"] = about["title"] or name
            image["license"] = _once(made, "licence", about["licence"] or "not stated", "CreativeWork")
            if about["author"] not in ("", "unknown"):
                image["creator"] = _once(made, "painter", about["author"], "Person")
            found.append(image)
    return found


def _file(made: Any, path: str, digest: str, words: str) -> Any:
    properties = {"name": path.rsplit("/", 1)[-1], "description": words, "sha256": digest}
    if (suffix := Path(path).suffix) in FORMATS:
        properties["encodingFormat"] = FORMATS[suffix]
    return made.add_file(dest_path=path, properties=properties)


def _words(path: str) -> str:
    if path.startswith("figures/"):
        return f"Figure: {Path(path).stem.replace('--', ' in the style of ').replace('_', ' ')}"
    return "The data set, verified images and labels as arrays"


def _once(made: Any, prefix: str, name: str, kind: str) -> Any:
    """The entity of that name, the same for every image that has it."""
    identifier = f"#{prefix}-{sha256_of_bytes(name.encode())[:12]}"  # whatever is in the name, this is an identifier
    known = made.dereference(identifier)
    if known is not None:
        return known
    properties = {"@type": kind, "name": name}
    if kind == "CreativeWork":
        properties["description"] = f"The licence of an image, as the catalogue has it: {name}"
    return made.add(ContextEntity(made, identifier, properties=properties))
