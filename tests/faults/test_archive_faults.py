"""Archives that are none, or would like to be more: by the script that makes a dataset of one."""

import gzip
import os
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cifar_archive
from crafted_images import written
from prepared_archive import prepare
from refusal import contents, refusal
from robust_style.data.dataset import read_dataset

BATCHES = cifar_archive.random_batches()
BINARY = cifar_archive.binary_members(BATCHES)
PYTHON = cifar_archive.python_members(BATCHES)
FIRST, META = "cifar-10-batches-bin/data_batch_1.bin", "cifar-10-batches-bin/batches.meta.txt"
WITHOUT_FIRST = {name: content for name, content in BINARY.items() if name != FIRST}
PICKLED = "cifar-10-batches-py/data_batch_3"


def assert_refused(folder: Path, archive: Path | None, *said: str, **sizes: int | None) -> None:
    """No dataset is written; the one made before stays, and nothing of the archive lies anywhere."""
    written(folder / "results" / "cifar10.npz", b"made before")
    (folder / "results" / ".keep").touch()
    before = contents(folder)
    refusal(prepare(folder, archive, **sizes), *said)
    after = contents(folder)
    after.pop("prepare.log")
    before.pop("prepare.log", None)
    assert after == before


def archived(members: dict[str, bytes]) -> Callable[[Path], Path]:
    return lambda path: cifar_archive.write_archive(path, members)


def with_first(content: bytes | None) -> Callable[[Path], Path]:
    return archived(WITHOUT_FIRST if content is None else BINARY | {FIRST: content})


def of(*members: tuple[tarfile.TarInfo, bytes]) -> Callable[[Path], Path]:
    return lambda path: cifar_archive.write_archive(path, list(members))


def regular(members: dict[str, bytes]) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(cifar_archive.regular(name, content), content) for name, content in members.items()]


def special(kind: bytes, name: str = FIRST, target: str = "/etc/passwd") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def plain(content: bytes) -> Callable[[Path], Path]:
    return lambda path: written(path, content)


def cut(members: dict[str, bytes], share: float) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        content = cifar_archive.write_archive(path, members).read_bytes()
        return written(path, content[: int(share * len(content))])

    return make


def promising_a_terabyte(path: Path) -> Path:
    header = tarfile.TarInfo(FIRST)
    header.size = 2**40
    return written(path, gzip.compress(header.tobuf() + bytes(10_000)))


DAMAGE = "expected a whole .tar.gz, found damage"
SPOILT: dict[str, tuple[Callable[[Path], Path], str]] = {
    "empty": (plain(b""), f"{DAMAGE} (empty file); delete it and fetch it anew"),
    "web page": (plain(b"<!DOCTYPE html><p>moved</p>"), f"{DAMAGE} (Not a gzipped file"),
    "gzip of no tar": (plain(gzip.compress(b"no tar")), DAMAGE),
    "gzip of nothing": (plain(gzip.compress(b"")), DAMAGE),
    "tar without gzip": (plain(b"x" * 10240), DAMAGE),
    "zip": (plain(b"PK\x03\x04" + bytes(1000)), DAMAGE),
    **{f"{layout} cut at {share}": (cut(members, share), DAMAGE)
       for layout, members in (("binary", BINARY), ("python", PYTHON)) for share in (0.25, 0.5, 0.99)},
    "a terabyte promised": (promising_a_terabyte, DAMAGE),
    "a member missing": (with_first(None), f"found no {FIRST}"),
    "a member twice": (of(*regular(BINARY), *regular({FIRST: b""})), f"expected {FIRST} once, found it twice"),
    "both layouts": (archived(BINARY | PYTHON), "beside members of another layout"),
    "no member at all": (of(), "expected the members of CIFAR-10"),
    "an empty batch": (with_first(b""), "expected data_batch_1.bin of whole records of 3073 bytes, found 0 bytes"),
    "a short batch": (with_first(BINARY[FIRST][:-1]), "expected data_batch_1.bin of whole records of 3073 bytes"),
    "a label too high": (with_first(b"\x0a" + BINARY[FIRST][1:]), "expected labels 0 to 9 in data_batch_1, found 10"),
    "two classes": (archived({**BINARY, META: b"cat\ndog\n"}), "expected 10 class names, found 2"),
    "names in no alphabet": (archived({**BINARY, META: b"\xff\xfe"}), "expected class names in batches.meta.txt"),
    "a link for a batch": (of(*regular(WITHOUT_FIRST), special(tarfile.SYMTYPE)), f"{FIRST} as a regular file"),
    "a hard link": (of(*regular(WITHOUT_FIRST), special(tarfile.LNKTYPE, target=META)), f"{FIRST} as a regular file"),
    "a folder for a batch": (of(*regular(WITHOUT_FIRST), special(tarfile.DIRTYPE)), f"{FIRST} as a regular file"),
    "a device for a batch": (of(*regular(WITHOUT_FIRST), special(tarfile.CHRTYPE)), f"{FIRST} as a regular file"),
    "a pipe for a batch": (of(*regular(WITHOUT_FIRST), special(tarfile.FIFOTYPE)), f"{FIRST} as a regular file"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOILT)
def test_an_archive_that_is_none(tmp_path: Path, kind: str) -> None:
    make, message = SPOILT[kind]
    path = make(tmp_path / "a.tar.gz")
    assert_refused(tmp_path, path, f"{path}: ", message)


def test_no_archive(tmp_path: Path) -> None:
    assert_refused(
        tmp_path, tmp_path / "a.tar.gz", "expected the archive of CIFAR-10, found none; run rule fetch_dataset"
    )
    assert_refused(tmp_path, None, "dataset.name: expected an archive for cifar10, found none; run rule fetch_dataset")


@pytest.mark.parametrize(
    "member",
    [
        *regular(
            {"../escaped": b"x", "/tmp/../absolute": b"x", "cifar-10-batches-bin/../../up": b"x", "evil.py": b"x"}
        ),
        special(tarfile.SYMTYPE, "link", "/etc/passwd"),
        special(tarfile.SYMTYPE, "../link", ".."),
        special(tarfile.LNKTYPE, "hard", FIRST),
        special(tarfile.CHRTYPE, "device"),
        special(tarfile.FIFOTYPE, "pipe"),
    ],
    ids=lambda member: f"{member[0].type.decode()} {member[0].name}",
)
def test_what_else_an_archive_holds_is_passed_over(tmp_path: Path, member: tuple[tarfile.TarInfo, bytes]) -> None:
    """Nothing is ever extracted: the folder and the one above hold what they held."""
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    archive = cifar_archive.write_archive(folder / "a.tar.gz", [member, *regular(BINARY)])
    end = prepare(folder, archive)
    assert end.code == 0, end.log
    assert [str(path) for path in contents(tmp_path)] == [
        "in/here/a.tar.gz", "in/here/prepare.log", "in/here/results/cifar10.npz",
    ]  # fmt: skip
    dataset = read_dataset(folder / "results" / "cifar10.npz")
    assert (dataset.test_images.reshape(20, 3072) == BATCHES["test_batch"][0]).all()


class Asking:
    """Makes Python's own unpickler call something."""

    def __init__(self, function: Any, argument: Any) -> None:
        self.asked = function, (argument,)

    def __reduce__(self) -> Any:
        return self.asked


PIXELS, NUMBERS = np.zeros((2, 3072), np.uint8), [1, 2]
PICKLES: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "a command": (
        lambda canary: pickle.dumps({b"data": Asking(os.system, f"touch {canary}")}),
        "data_batch_3: expected only numbers and arrays, found a pickle that asks for posix.system, which could",
    ),
    "a function of python": (
        lambda canary: pickle.dumps({b"data": Asking(eval, f"open({str(canary)!r}, 'w')")}),
        "found a pickle that asks for builtins.eval, which could run code",
    ),
    "a file of numpy": (lambda canary: pickle.dumps(Asking(np.load, str(canary))), "which could run code"),
    "an object array": (lambda _: pickle.dumps({b"data": np.array([[{}]], object), b"labels": [1]}), "array of uint8"),
    "no pickle": (lambda _: b"<html>", "data_batch_3: expected a pickled batch, found damage"),
    "an empty member": (lambda _: b"", "data_batch_3: expected a pickled batch, found damage"),
    "a cut pickle": (lambda _: PYTHON[PICKLED][:-100], "data_batch_3: expected a pickled batch, found damage"),
    "a list": (lambda _: pickle.dumps([1]), "data_batch_3: expected a dictionary, found list"),
    "a label too high": (lambda _: _batch(PIXELS, [1, 10]), "expected labels 0 to 9 in data_batch_3, found 10"),
    "a negative label": (lambda _: _batch(PIXELS, [1, -1]), "expected data_batch_3 to hold a list of labels"),
    "a label too few": (lambda _: _batch(PIXELS, [1]), "a label for each image of data_batch_3, found 1 labels and 2"),
    "a row too short": (lambda _: _batch(PIXELS[:, 1:], NUMBERS), "expected data_batch_3 to hold data uint8 (n, 3072)"),
    "floats": (lambda _: _batch(PIXELS.astype(np.float32), NUMBERS), "expected an array of uint8 in rows"),
    "no pixels": (lambda _: pickle.dumps({b"labels": NUMBERS}), "expected data_batch_3 to hold data uint8 (n, 3072)"),
}  # fmt: skip


def _batch(data: np.ndarray, labels: list[int]) -> bytes:
    return pickle.dumps({b"data": data, b"labels": labels}, protocol=4)


@pytest.mark.parametrize("kind", PICKLES)
def test_a_pickled_batch_that_asks_for_more_or_holds_less(tmp_path: Path, kind: str) -> None:
    make, message = PICKLES[kind]
    canary = tmp_path / "canary"
    members = PYTHON | {PICKLED: make(canary)}
    assert_refused(tmp_path, cifar_archive.write_archive(tmp_path / "a.tar.gz", members), message)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"train_size": 15}, "dataset.train_size: expected a multiple of 10, the number of classes, found 15"),
        ({"test_size": 1}, "dataset.test_size: expected a multiple of 10, the number of classes, found 1"),
        ({"train_size": 0}, "dataset.train_size: expected a multiple of 10, the number of classes, found 0"),
        ({"train_size": -10}, "dataset.train_size: expected a multiple of 10, the number of classes, found -10"),
        ({"train_size": 110}, "dataset.train_size: expected at most 100 (the rarest class has 10 images), found 110"),
        ({"test_size": 1_000_000}, "dataset.test_size: expected at most 20"),
    ],
)
def test_a_size_that_there_is_not(tmp_path: Path, sizes: dict[str, int], message: str) -> None:
    assert_refused(tmp_path, cifar_archive.write_archive(tmp_path / "a.tar.gz", BINARY), message, **sizes)
