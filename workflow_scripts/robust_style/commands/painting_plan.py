"""The plan of one run of `robust-style paint`: photos, output files, and paintings that are already finished."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robust_style.data.image_file import DAMAGE, open_image
from robust_style.errors import ConfigError, ImageError, StorageError
from robust_style.files.destination import Destinations, check_folder, is_folder, names_folder, typed_path
from robust_style.files.digest import sha256_of_file
from robust_style.transfer.paint_photo import INTERRUPTED, PhotoRequest
from robust_style.transfer.picture_file import picture_endings, read_record

# Files with these endings are meant as pictures: damage is an error, whereas `notes.txt` is skipped.
_PHOTO_ENDINGS = {
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".pgm", ".pbm",
    ".avif", ".heic", ".heif", ".jp2", ".tga",
}  # fmt: skip


@dataclass(frozen=True)
class Style:
    """A style image, its weight, and its mask (None: the whole picture)."""

    image: Path
    weight: float
    mask: Path | None


@dataclass
class Plan:
    """What to paint. `notes`: skipped files; `faults`: photos that cannot be painted and why. One line each."""

    sittings: list[PhotoRequest] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def plan_paintings(
    content: Path,
    styles: Sequence[Style],
    checkpoint: Path,
    *,
    output: str,
    ending: str | None,
    animation: bool,
    force: bool,
    settings: Mapping[str, Any],
) -> Plan:
    """The paintings of a photo, or of each photo in a folder by name. Nothing is written.

    `output` is a file, or a folder (it exists, ends with a slash, or `content` is a folder); in a folder the name of
    each picture is made of those of photo and styles, with `ending` (default: .png). `settings` are stored in
    each picture, with the names and hashes of all inputs. In a folder a picture of equal settings is finished unless it
    was interrupted; a finished one is skipped, an interrupted one painted again. Where `content` and `output` are one
    folder, paintings of this program in it are no photos.

    Raises ConfigError, ImageError and StorageError if nothing can be painted.
    """
    into_folder = names_folder(output) or is_folder(content)
    folder = typed_path(output)
    if not output:
        raise ConfigError("--output is empty. Name a file or a folder.")
    if ending is not None and not into_folder:
        raise ConfigError(f"--format is for pictures in a folder; the ending of --output {output} chooses the format.")
    if into_folder and not names_folder(output) and folder.suffix.lower() in picture_endings():
        raise ConfigError(
            f"--output {output} is a file, but --content is a folder. Name a folder ({output}/ if meant)."
        )
    plan = Plan()
    photos = [content]
    if is_folder(content):
        photos = _photos(content, plan, is_output=is_folder(folder) and content.samefile(folder))
    inputs = [*photos, checkpoint, *(path for style in styles for path in (style.image, style.mask) if path)]
    destinations = Destinations(inputs, force=force)
    if into_folder:
        check_folder(folder)
        names = _names(photos, "+".join(style.image.stem for style in styles), ending or ".png")
    else:
        names = [folder.name]
        folder = folder.parent
    shared = json.loads(json.dumps(settings)) | _identities(styles, checkpoint)
    for photo, name in zip(photos, names, strict=True):
        identity = {"content": _identity(photo)} | shared
        picture = folder / name
        animation_path = picture.with_suffix(".gif") if animation else None
        files = [(picture, picture_endings()), *([(animation_path, (".gif",))] if animation_path else [])]
        kept = {path: _result(path, identity) if into_folder and not force else None for path, _ in files}
        if all(result and result.get("stopped") != INTERRUPTED for result in kept.values()):
            plan.notes.append(f"{photo}: skipped, {picture} is finished (--force paints it again)")
            continue
        try:
            targets = [destinations.approve(path, endings, replace=kept[path] is not None) for path, endings in files]
        except StorageError as error:
            if not is_folder(content):
                raise
            plan.faults.append(str(error))
            continue
        plan.sittings.append(
            PhotoRequest(
                photo,
                [style.image for style in styles],
                [style.weight for style in styles],
                [style.mask for style in styles],
                targets[0],
                targets[1] if animation_path else None,
                identity,
            )
        )
    return plan


def _photos(folder: Path, plan: Plan, *, is_output: bool) -> list[Path]:
    """The pictures in `folder` by name. Hidden files and folders are ignored; other files get a note."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    painted = {path for path in files if is_output and read_record(path)}
    if painted:
        plan.notes.append(f"{folder}: {len(painted)} paintings of this program in it are not painted again")
    photos = []
    for path in files:
        if path in painted:
            continue
        if _is_picture(path):
            photos.append(path)
        else:
            plan.notes.append(f"{path}: skipped, not a picture")
    if not photos:
        raise ImageError(f"{folder}: no photos in this folder. Name another one.")
    return photos


def _is_picture(path: Path) -> bool:
    if path.suffix.lower() in _PHOTO_ENDINGS:
        return True
    try:
        with open_image(path):
            return True
    except DAMAGE:
        return False


def _names(photos: Sequence[Path], styles: str, ending: str) -> list[str]:
    """A file name for each painting. It includes the photo's ending if photos differ only in that."""
    stems = Counter(photo.stem.casefold() for photo in photos)
    names = [photo.stem if stems[photo.stem.casefold()] == 1 else photo.name for photo in photos]
    if len({name.casefold() for name in names}) < len(names):  # a.png, a.jpg and a.jpg.png
        names = [photo.name for photo in photos]
    return [f"{name}--{styles}{ending}" for name in names]


def _identities(styles: Sequence[Style], checkpoint: Path) -> dict[str, Any]:
    return {
        "styles": [
            {**_identity(style.image), "weight": style.weight, "mask": _identity(style.mask) if style.mask else None}
            for style in styles
        ],
        "checkpoint": _identity(checkpoint),
    }


def _identity(path: Path) -> dict[str, str | None]:
    """Name and hash of an input; the hash of an unreadable file is None (reading it later gives the error)."""
    try:
        return {"file": path.name, "sha256": sha256_of_file(path) if path.is_file() else None}
    except OSError:
        return {"file": path.name, "sha256": None}


def _result(path: Path, settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The result of the picture at `path` if it was made with exactly these settings, else None."""
    record = read_record(path)
    return record["result"] if record is not None and record.get("settings") == settings else None
