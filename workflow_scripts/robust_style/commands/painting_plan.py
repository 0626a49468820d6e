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
from robust_style.transfer.picture_file import picture_endings, read_record

# Files with these endings are meant as pictures: damage is an error, whereas `notes.txt` is skipped.
_PHOTO_ENDINGS = {
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".pgm", ".pbm",
    ".avif", ".heic", ".heif", ".jp2", ".tga",
}  # fmt: skip
# The value of `stopped` for a picture that a signal interrupted.
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Style:
    """A painting, its weight among several, and its mask (None: the whole picture)."""

    image: Path
    weight: float
    mask: Path | None


@dataclass(frozen=True)
class PictureRequest:
    """One picture to paint. `output` ends with one of `picture_endings`; `settings` are stored in the file."""

    photo: Path
    styles: Sequence[Style]
    painter: str
    output: Path
    animation: Path | None
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class SideBySide:
    """The finished pictures of several painters, left to right, to be written as one picture."""

    pictures: Sequence[Path]
    output: Path
    settings: Mapping[str, Any]


@dataclass
class Plan:
    """What to do, in order. `notes`: what is skipped; `faults`: photos that cannot be painted. One line each."""

    steps: list[PictureRequest | SideBySide] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def plan_paintings(
    photo: Path,
    style_sets: Sequence[Sequence[Style]],
    painters: Mapping[str, Path],
    *,
    output: str | None,
    ending: str | None,
    animation: bool,
    force: bool,
    settings: Mapping[str, Any],
) -> Plan:
    """The pictures of a photo, or of each photo in a folder by name, with each of `style_sets` and each painter.

    Nothing is written. `output` is a file, or a folder (it exists, ends with a slash, or several photos or style sets
    need one), by default the folder of the photo; in a folder the name of each picture is made of those of photo and
    paintings, with `ending` (default: .png). `painters` has the file of each painter by name; with several, the name of
    a picture ends with that of its painter, and one more picture, `both`, has them side by side. `settings` are stored
    in each picture, with the names and hashes of all inputs. A picture of equal settings is finished unless it was
    interrupted; a finished one is skipped, an interrupted one painted again. Where photos and pictures are in one
    folder, paintings of this program and the style images are no photos.

    Raises ConfigError, ImageError and StorageError if nothing can be painted.
    """
    has_several = is_folder(photo) or len(style_sets) > 1
    if output is None:
        output = f"{photo if is_folder(photo) else photo.parent}/"
    into_folder = names_folder(output) or has_several
    folder = typed_path(output)
    if not output:
        raise ConfigError("--output is empty. Name a file or a folder.")
    if ending is not None and not into_folder:
        raise ConfigError(f"--format is for pictures in a folder; the ending of --output {output} chooses the format.")
    if into_folder and not names_folder(output) and folder.suffix.lower() in picture_endings():
        raise ConfigError(f"--output {output} is a file, but there are several pictures. Name a folder ({output}/).")
    plan = Plan()
    style_files = dict.fromkeys(path for styles in style_sets for style in styles for path in (style.image, style.mask))
    used = [path for path in style_files if path is not None]
    photos = [photo]
    if is_folder(photo):
        photos = _photos(photo, plan, used, is_output=is_folder(folder) and photo.samefile(folder))
    destinations = Destinations([*photos, *painters.values(), *used], force=force)
    if into_folder:
        check_folder(folder)
    photo_names = _names(photos)
    style_names = _names(list(dict.fromkeys(style.image for styles in style_sets for style in styles)))
    hashes = {path: _identity(path) for path in (*photos, *used, *painters.values())}
    for path, styles in ((path, styles) for path in photos for styles in style_sets):
        picture = folder
        if into_folder:
            name = f"{photo_names[path]}--{'+'.join(style_names[style.image] for style in styles)}"
            picture = folder / f"{name}{ending or '.png'}"
        shared = json.loads(json.dumps(settings)) | {
            "content": hashes[path],
            "styles": [
                {**hashes[style.image], "weight": style.weight, "mask": style.mask and hashes[style.mask]}
                for style in styles
            ],
        }
        steps: list[PictureRequest | SideBySide] = []
        try:
            outputs = [_with_name(picture, name) for name in painters] if len(painters) > 1 else [picture]
            for (name, file), target in zip(painters.items(), outputs, strict=True):
                identity = shared | {"painter": hashes[file]}
                files = [target, *([target.with_suffix(".gif")] if animation else [])]
                approved = _approved(files, identity, destinations, plan, f"{path}: ", force=force)
                if approved:
                    gif = approved[1] if animation else None
                    steps.append(PictureRequest(path, styles, name, approved[0], gif, identity))
            if len(painters) > 1:
                identity = shared | {"painters": [hashes[file] for file in painters.values()]}
                approved = _approved([_with_name(picture, "both")], identity, destinations, plan, "", force=force)
                steps += [SideBySide(outputs, approved[0], identity)] if approved else []
        except StorageError as error:
            if not has_several:
                raise
            plan.faults.append(str(error))
            continue
        plan.steps += steps
    return plan


def _approved(
    paths: Sequence[Path],
    identity: Mapping[str, Any],
    destinations: Destinations,
    plan: Plan,
    prefix: str,
    *,
    force: bool,
) -> list[Path]:
    """The files of one picture, checked; none, with a note, if they are finished."""
    results = [None if force else _result(path, identity) for path in paths]
    if all(result and result.get("stopped") != INTERRUPTED for result in results):
        plan.notes.append(f"{prefix}skipped, {paths[0]} is finished (--force paints it again)")
        return []
    endings: list[Sequence[str]] = [picture_endings(), (".gif",)]
    return [
        destinations.approve(path, allowed, replace=result is not None)
        for path, allowed, result in zip(paths, endings, results, strict=False)
    ]


def _with_name(picture: Path, name: str) -> Path:
    return picture.with_name(f"{picture.stem}.{name}{picture.suffix}")


def pictures_in(folder: Path, notes: list[str]) -> list[Path]:
    """The pictures in `folder` by name. Hidden files and folders are ignored; other files get one of the `notes`.

    Raises ImageError if there are none.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    pictures = [path for path in files if _is_picture(path)]
    notes += [f"{path}: skipped, not a picture" for path in files if path not in pictures]
    if not pictures:
        raise ImageError(f"{folder}: no pictures in this folder. Name another one.")
    return pictures


def _photos(folder: Path, plan: Plan, used: Sequence[Path], *, is_output: bool) -> list[Path]:
    files = pictures_in(folder, plan.notes)
    painted = {path for path in files if is_output and read_record(path)}
    if painted:
        plan.notes.append(f"{folder}: {len(painted)} paintings of this program in it are not painted again")
    others = {path.absolute() for path in used}
    photos = [path for path in files if path not in painted and path.absolute() not in others]
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


def _names(paths: Sequence[Path]) -> dict[Path, str]:
    """A name for each file, without its ending, unless files differ only in that or in upper and lower case."""
    stems = Counter(path.stem.casefold() for path in paths)
    names = {path: path.stem if stems[path.stem.casefold()] == 1 else path.name for path in paths}
    if len({name.casefold() for name in names.values()}) < len(names):  # a.png, a.jpg and a.jpg.png
        names = {path: path.name for path in paths}
    return names


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
