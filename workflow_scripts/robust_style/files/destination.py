"""Where a command may write: decided before any work, so that no input is replaced and no result is lost."""

import argparse
import os
import stat
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from robust_style.errors import StorageError


def typed_path(text: str) -> Path:
    """A path of the command line. `~` and `~user` are expanded, also where quotes kept the shell from doing so."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # no such user: the name stays as it is, as in a shell
        return Path(text)


def typed_input(text: str) -> Path:
    """The path of a file or folder to read. For argparse: no path, a URL and `-` are refused."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the path is empty; name a file")
    if "://" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is a URL; download the file and give its path")
    if text == "-":
        raise argparse.ArgumentTypeError("standard input is not supported; give the path of a file")
    return typed_path(text)


def typed_file(text: str) -> Path:
    """The path of a file to write. For argparse: a name that ends with a slash is refused."""
    if not text:
        raise argparse.ArgumentTypeError("the path is empty; name a file")
    if names_folder(text):
        raise argparse.ArgumentTypeError(f"{text!r} is a folder; name a file in it")
    return typed_path(text)


def names_folder(text: str) -> bool:
    """True for an existing folder and for a name that ends with a slash."""
    return not text or text.endswith(("/", os.sep)) or is_folder(typed_path(text))


def is_folder(path: Path) -> bool:
    """True if `path` is a folder; False, without an error, for a path that cannot exist (a name too long)."""
    with suppress(OSError):
        return path.is_dir()
    return False


def check_folder(folder: Path) -> None:
    """Check that files can be written in `folder`, which may be missing. Raises StorageError."""
    _try_to_write(folder / "x")


class Destinations:
    """The outputs of one run of a command. `inputs` are never replaced; `force` allows replacing other files."""

    def __init__(self, inputs: Iterable[Path], *, force: bool = False) -> None:
        self.force = force
        self._inputs: dict[tuple[int, int], Path] = {}
        for path in inputs:
            with suppress(OSError):  # a missing input is an error elsewhere
                self._inputs.setdefault(_identity(path.stat()), path)
        self._approved: set[Path] = set()

    def approve(self, path: Path, endings: Sequence[str], *, replace: bool = False) -> Path:
        """Check that the file `path` may and can be written, and return the path to write.

        That is `path` itself or, where it is a symbolic link and replacing is allowed, its target. `endings` are the
        allowed ones, in lower case. `replace` allows replacing this one file. Nothing is left on the disk.

        Raises StorageError if the name or its ending is unusable; if the file is an input, was approved before, or is
        no regular file; if it exists or is a symbolic link, unless replacing is allowed; if its folder cannot be made
        or written to.
        """
        _check_name(path, endings)
        replace = replace or self.force
        try:
            target = path.resolve()
            before = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            before = None
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
            raise _unusable(path, error) from None
        if before is not None:
            self._check_existing(path, before, target, replace=replace)
        if target in self._approved:
            raise StorageError(f"{path}: this run writes two files of that name. Choose another --output.")
        _try_to_write(target)
        self._approved.add(target)
        return target if before is not None and stat.S_ISLNK(before.st_mode) else path

    def _check_existing(self, path: Path, about: os.stat_result, target: Path, *, replace: bool) -> None:
        if (is_link := stat.S_ISLNK(about.st_mode)) and not replace:
            raise StorageError(f"{path} is a symbolic link to {target}. Name that file, or add --force to write to it.")
        with suppress(FileNotFoundError):  # a link whose target does not exist yet
            about = path.stat()
            if same := self._inputs.get(_identity(about)):
                other = f", the same file as {same}" if same != path else ""
                raise StorageError(f"{path} is an input of this command{other}. Choose another name for the output.")
            if not stat.S_ISREG(about.st_mode):
                kind = "a folder" if stat.S_ISDIR(about.st_mode) else "a device, pipe or socket, not a regular file"
                raise StorageError(f"{path} is {kind}. Choose another name for the output.")
            if not replace and not is_link:
                raise StorageError(f"{path} exists already. Add --force to replace it, or choose another name.")


def _identity(about: os.stat_result) -> tuple[int, int]:
    return about.st_dev, about.st_ino


def _check_name(path: Path, endings: Sequence[str]) -> None:
    if path.suffix.lower() in endings and path.stem.strip("."):
        return
    if path.name.lower().lstrip(".") in {ending.lstrip(".") for ending in endings}:
        fault = "the name consists of an ending only"
    elif str(path) == "-":
        fault = "writing to standard output is not supported"
    else:
        fault = f"the ending {path.suffix} is not known here" if path.suffix else "the name has no ending"
    raise StorageError(f"{path}: {fault}. Choose a name that ends with {' or '.join(endings)}.")


def _try_to_write(path: Path) -> None:
    """Check by trying that the folder of `path` can be made and a file of this name written; then clean up."""
    made: list[Path] = []
    try:
        for folder in path.parents:
            if folder.is_dir():
                break
            if folder.exists():
                raise StorageError(f"{path}: {folder} is a file, not a folder. Choose another place.")
            made.append(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            path.lstat()  # refuses a name that is too long
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="."):
            pass
    except OSError as error:
        raise _unusable(path, error) from None
    finally:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def _unusable(path: Path, error: OSError | RuntimeError) -> StorageError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return StorageError(f"{path}: cannot write there ({reason}). Choose another place.")
