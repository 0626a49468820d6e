"""Files made to harm: nothing in them is imported, called or believed."""

import copyreg
import os
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dill
import pytest
import torch

from foreign_files import legacy_bytes, members_of, stored, torch_bytes, written, zip_bytes
from robust_style.errors import CheckpointError
from robust_style.files import inert_pickle
from robust_style.files.foreign import read_foreign
from robust_style.model.foreign_weights import weights_in

AROUND: list[Callable[[bytes], bytes]] = [zip_bytes, legacy_bytes]
EXTENSION = 240


class Canary:
    """Touches a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.path}'",)


class CalledFunction:
    """A function of dill's that is rebuilt from its code and then called."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        path = self.path
        return (lambda: __import__("pathlib").Path(path).touch()), ()


def attacks(canary: Path) -> dict[str, bytes]:
    """Pickles that touch the canary where Python's own unpickler reads them."""
    text = f"S'touch {canary}'\n".encode()
    unicode = b"\x8c" + bytes([len(f"touch {canary}")]) + f"touch {canary}".encode()
    stack_global = b"\x80\x04\x8c\x02os\x8c\x06system\x93"
    return {
        **{f"reduce, protocol {protocol}": pickle.dumps(Canary(canary), protocol) for protocol in range(6)},
        "dill function": dill.dumps(CalledFunction(str(canary))),
        "INST": b"(" + text + b"ios\nsystem\n.",
        "OBJ": b"(cos\nsystem\n" + text + b"o.",
        "STACK_GLOBAL": stack_global + unicode + b"\x85R.",
        "EXT1": b"\x80\x02\x82" + bytes([EXTENSION]) + text + b"\x85R.",
        "EXT2": b"\x80\x02\x83" + struct.pack("<H", EXTENSION) + text + b"\x85R.",
        "EXT4": b"\x80\x02\x84" + struct.pack("<i", EXTENSION) + text + b"\x85R.",
        "import alone": b"\x80\x02ccanary_module\nthing\n.",
        "eval": b'cbuiltins\neval\n(S\'__import__("pathlib").Path("' + str(canary).encode() + b"\").touch()'\ntR.",
        "state": b"\x80\x02ccanary_class\nOpen\n)\x81" + text + b"b.",
        "new": b"\x80\x02ccanary_class\nNew\n" + text + b"\x85\x81.",
        "attribute": b"\x80\x04\x8c\x0ccanary_class\x8c\x0eNew.by_calling\x93" + text + b"\x85R.",
    }


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file that must not appear; around it, code that makes it appear if imported, built or called."""
    path = tmp_path / "canary"
    (tmp_path / "canary_module.py").write_text(f"open({str(path)!r}, 'w').close()\nthing = 1\n", encoding="utf-8")
    (tmp_path / "canary_class.py").write_text(
        "import os\n\n\nclass Open:\n    def __setstate__(self, state):\n        os.system(state)\n\n\n"
        "class New:\n    def __new__(cls, command):\n        os.system(command)\n        return object.__new__(cls)\n\n"
        "    @staticmethod\n    def by_calling(command):\n        os.system(command)\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    copyreg.add_extension("os", "system", EXTENSION)
    yield path
    copyreg.remove_extension("os", "system", EXTENSION)
    copyreg.clear_extension_cache()
    for name in ("canary_module", "canary_class"):
        sys.modules.pop(name, None)


ATTACKS = list(attacks(Path("canary")))


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_is_run(canary: Path, tmp_path: Path, attack: str, around: Callable[[bytes], bytes]) -> None:
    path = written(tmp_path / "evil.pt", around(attacks(canary)[attack]))
    content = read_foreign(path)
    with pytest.raises(CheckpointError, match=r"evil\.pt: expected weights as plain tensors, .* no such code is run"):
        weights_in(path, content)
    assert not canary.exists()
    assert not {"canary_module", "canary_class"} & set(sys.modules)


@pytest.mark.parametrize("is_legacy", [False, True])
@pytest.mark.parametrize("pickler", [pickle, dill])
def test_good_weights_beside_bad_code_are_read_without_it(
    canary: Path, tmp_path: Path, is_legacy: bool, pickler: Any
) -> None:
    content = {"model": {"features.0.bias": torch.ones(3)}, "args": Canary(canary), "epoch": 4}
    path = written(tmp_path / "half.pt", torch_bytes(content, is_legacy=is_legacy, pickle_module=pickler))
    found = weights_in(path, read_foreign(path))
    assert list(found.weights) == ["features.0.bias"]
    assert found.epoch == 4
    assert not canary.exists()


@pytest.mark.parametrize(
    "identifier",
    [
        b"P%s\n",  # a line of text
        b"S'%s'\nQ",
        b"(S'storage'\ncos\nsystem\nS'touch %s'\nS'cpu'\nK\x01tQ",
        b"(S'storage'\ncos\nsystem\nS'touch %s'\nR\ntQ",
        b"(S'storage'\nctorch\nFloatStorage\nS'%s'\nS'cpu'\nK\x01tQ",
        b"(S'module'\ncos\nsystem\n(S'touch %s'\ntRS'x'\ntQ",
    ],
)
@pytest.mark.parametrize("around", AROUND)
def test_persistent_ids_run_nothing(
    canary: Path, tmp_path: Path, identifier: bytes, around: Callable[[bytes], bytes]
) -> None:
    pickled = b"\x80\x02" + identifier % str(canary).encode() + b"."
    path = written(tmp_path / "evil.pt", around(pickled))
    with pytest.raises(CheckpointError, match=r"evil\.pt: expected"):
        weights_in(path, read_foreign(path))
    assert not canary.exists()


class Crooked:
    """A tensor that claims what its storage of four numbers does not have."""

    def __init__(self, *claims: Any) -> None:
        self.claims = claims

    def __reduce__(self) -> tuple[Any, ...]:
        raw = torch.arange(4.0).untyped_storage()
        storage = torch.storage.TypedStorage(wrap_storage=raw, dtype=torch.float32, _internal=True)
        return torch._utils._rebuild_tensor_v2, (storage, *self.claims, False, None)


@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [
        (4, (1,), (1,)),
        (4, (), ()),
        (-1, (1,), (1,)),
        (0, (5,), (1,)),
        (0, (2,), (4,)),
        (0, (2,), (-1,)),
        (3, (2, 2), (0, 1)),
        (2**63, (1,), (1,)),
        (0, (2**62,), (0,)),  # an element shown again and again, to be copied into all memory
        (0, (3, 3), (1, 1)),
        (0, (2, 2), (1,)),
        (0, (1,) * 2000, (1,) * 2000),
        (0, (0, 2**62, 2**62), (1, 1, 1)),
        (0, (0,), (2**70,)),
        (0, ("2",), (1,)),
        (0, (2.0,), (1,)),
        (0, (True,), (1,)),
        ("0", (1,), (1,)),
        (0, 1, 1),
    ],
)
@pytest.mark.parametrize("is_legacy", [False, True])
def test_tensors_outside_their_storage_are_refused(
    tmp_path: Path, offset: Any, size: Any, stride: Any, is_legacy: bool
) -> None:
    path = written(tmp_path / "evil.pt", torch_bytes([Crooked(offset, size, stride)], is_legacy=is_legacy))
    with pytest.raises(CheckpointError, match=r"an? (empty )?tensor "):
        read_foreign(path)


def a_zip() -> dict[str, bytes]:
    return members_of(torch_bytes({"w": torch.arange(4.0)}))


def test_a_storage_shorter_than_it_claims_is_refused(tmp_path: Path) -> None:
    members = a_zip()
    data = next(name for name in members if name.endswith("data/0"))
    for content in (members[data][:-1], members[data] + b"\0"):
        with pytest.raises(CheckpointError, match=r"a storage of 1[57] bytes for 4 elements"):
            read_foreign(written(tmp_path / "evil.pt", stored(members | {data: content})))
    del members[data]
    with pytest.raises(CheckpointError, match="no storage '0'"):
        read_foreign(written(tmp_path / "evil.pt", stored(members)))


def test_a_compressed_member_may_be_a_bomb(tmp_path: Path) -> None:
    bomb = stored(a_zip(), zipfile.ZIP_DEFLATED)
    with pytest.raises(CheckpointError, match="compressed"):
        read_foreign(written(tmp_path / "evil.pt", bomb))


def test_members_larger_than_the_file_are_refused(tmp_path: Path) -> None:
    content = bytearray(stored(a_zip()))
    entry = content.index(b"PK\x01\x02")
    content[entry + 20 : entry + 28] = struct.pack("<II", 2**31, 2**31)
    with pytest.raises(CheckpointError, match="overlap"):
        read_foreign(written(tmp_path / "evil.pt", bytes(content)))


@pytest.mark.parametrize("count", [2**62, -1, -(2**62), 5])
def test_legacy_storages_lie_in_the_file(tmp_path: Path, count: int) -> None:
    content = torch_bytes({"w": torch.arange(4.0)}, is_legacy=True)
    assert content[-24:-16] == struct.pack("<q", 4)
    path = written(tmp_path / "evil.pt", content[:-24] + struct.pack("<q", count) + content[-16:])
    with pytest.raises(CheckpointError, match="a storage of"):
        read_foreign(path)


DEEP = b")" + b"\x85" * 200_000


@pytest.mark.parametrize("pickled", [b"}" + DEEP + b"K\x01s", DEEP, b"cos\nsystem\n" + DEEP + b"R"])
def test_depth_breaks_nothing(tmp_path: Path, pickled: bytes) -> None:
    """The hash of a tuple nested that deep overflows the interpreter's stack and kills it."""
    path = written(tmp_path / "deep.pt", zip_bytes(b"\x80\x02" + pickled + b"."))
    with pytest.raises(CheckpointError, match=r"deep\.pt: expected"):
        weights_in(path, read_foreign(path))


def test_a_pickle_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inert_pickle, "_MAX_OPCODES", 1000)
    for around in AROUND:
        with pytest.raises(CheckpointError, match="a pickle of more than 1000 opcodes"):
            read_foreign(written(tmp_path / "long.pt", around(b"\x80\x02" + b"](" * 1000 + b".")))


def test_messages_carry_no_control_characters(tmp_path: Path) -> None:
    path = written(tmp_path / "evil.pt", zip_bytes(b"\x80\x04\x8c\x05\x1b[2Jx\x8c\x03a\nb\x93."))
    with pytest.raises(CheckpointError) as caught:
        weights_in(path, read_foreign(path))
    assert str(caught.value).isprintable()
