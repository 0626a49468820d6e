"""What other people's torch.save wrote is read as torch itself would read it, code left out."""

import pickle
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import dill
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from foreign_files import members_of, stored, torch_bytes, written, zip_bytes
from robust_style.errors import CheckpointError
from robust_style.files.foreign import read_foreign
from robust_style.files.inert_pickle import Global, Placeholder

LAYOUTS = pytest.mark.parametrize("is_legacy", [False, True], ids=["zip", "legacy"])
PICKLERS = pytest.mark.parametrize("pickler", [pickle, dill], ids=["pickle", "dill"])
DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool,
]  # fmt: skip


def read(folder: Path, content: bytes) -> Any:
    return read_foreign(written(folder / "theirs.pt", content))


def assert_equal(found: Any, expected: Any) -> None:
    if isinstance(expected, Tensor):
        assert found.dtype == expected.dtype
        assert torch.equal(found, expected)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key, value in expected.items():
            assert_equal(found[key], value)
    elif isinstance(expected, list | tuple):
        assert type(found) in (list, tuple)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_equal(one, other)
    else:
        assert found == expected
        assert type(found) is type(expected)


@LAYOUTS
@PICKLERS
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_data_and_tensors(tmp_path: Path, is_legacy: bool, pickler: Any, protocol: int) -> None:
    base = torch.arange(24.0).view(2, 3, 4)
    content = {
        "model": OrderedDict(a=base, view=base.permute(2, 0, 1)[1:], slice=base[1], scalar=base[1, 2, 3]),
        "parameter": nn.Parameter(base[0]).detach(),
        "dtypes": [torch.tensor([0, 1, 2]).to(dtype) for dtype in DTYPES],
        "empty": [torch.empty(0), torch.empty(0, 512)],
        "size": base.shape,
        "plain": [None, True, 1, -(2**70), 1.5, "é", b"\xff\x00", (1, (2, "x")), {3: {}}],
        "default": defaultdict(list, {"k": [1]}),
    }
    found = read(tmp_path, torch_bytes(content, is_legacy=is_legacy, pickle_module=pickler, pickle_protocol=protocol))
    assert_equal(found, content)


@LAYOUTS
def test_parameters_are_tensors_and_shared_storages_stay_shared(tmp_path: Path, is_legacy: bool) -> None:
    layer = nn.Linear(3, 2)
    found = read(tmp_path, torch_bytes({"one": layer.weight, "same": layer.weight.data}, is_legacy=is_legacy))
    assert type(found["one"]) is Tensor
    assert torch.equal(found["one"], layer.weight)
    assert found["one"].data_ptr() == found["same"].data_ptr()
    found["one"][0, 0] = 7.0  # writable, and not a window on the file's bytes
    assert found["same"][0, 0] == 7.0


@LAYOUTS
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_view_of_any_dtype(tmp_path_factory: Any, is_legacy: bool, data: st.DataObject) -> None:
    sides = data.draw(st.lists(st.integers(0, 4), max_size=4))
    dtype = data.draw(st.sampled_from(DTYPES))
    count = int(np.prod(sides, dtype=int))
    tensor = torch.arange(count).to(dtype).view(sides)
    tensor = tensor.permute(data.draw(st.permutations(range(len(sides)))))
    if tensor.ndim and tensor.shape[0] > 1:
        tensor = tensor[data.draw(st.integers(0, tensor.shape[0] - 1)) :: 2]
    found = read(tmp_path_factory.mktemp("view"), torch_bytes([tensor], is_legacy=is_legacy))
    assert_equal(found, [tensor])


@pytest.mark.parametrize("number", [np.float64(2.5), np.float32(-1.25), np.int64(-7), np.uint8(200), np.bool_(True)])
@pytest.mark.parametrize("protocol", [2, 4])
def test_numbers_of_numpy(tmp_path: Path, number: Any, protocol: int) -> None:
    assert_equal(read(tmp_path, torch_bytes([number], pickle_protocol=protocol)), [number.item()])


def test_a_big_endian_file(tmp_path: Path) -> None:
    expected = torch.tensor([1.5, -2.0, 3.0])
    members = members_of(torch_bytes([expected]))
    root = next(iter(members)).split("/")[0]
    members[f"{root}/data/0"] = expected.numpy().astype(">f4").tobytes()
    members[f"{root}/byteorder"] = b"big"
    assert_equal(read(tmp_path, stored(members)), [expected])


def test_names_and_dictionaries_of_python_2(tmp_path: Path) -> None:
    """OrderedDict called with a list of [key, value], texts of one byte per character (2019: robustness 1.0)."""
    pickled = b"\x80\x02ccollections\nOrderedDict\n](](U\x01aK\x01e](U\x02b\xe9K\x02ee\x85R."
    assert read(tmp_path, zip_bytes(pickled)) == {"a": 1, "bé": 2}


@LAYOUTS
def test_code_beside_the_weights_is_inert(tmp_path: Path, is_legacy: bool) -> None:
    """What the library writes: dill with functions, Parameters of cox, classes."""
    from cox.utils import Parameters

    content = {
        "model": {"w": torch.ones(2)},
        "args": Parameters({"eps": 0.5, "schedule": lambda epoch: epoch * 2}),
        "loss": nn.functional.cross_entropy,
        "kind": Parameters,
        "path": Path("x"),
        "set": {1, 2},
        "frozen": frozenset([3]),
        "module": nn.Linear(1, 1),
        "dtype": torch.float32,
        "epoch": 26,
    }
    found = read(tmp_path, torch_bytes(content, is_legacy=is_legacy, pickle_module=dill))
    assert_equal(found["model"], content["model"])
    assert found["epoch"] == 26
    assert type(found["kind"]) is Global
    assert found["kind"].origin == "cox.utils.Parameters"
    for key in ("args", "loss", "path", "set", "frozen", "module", "dtype"):
        assert isinstance(found[key], Placeholder), key
    assert found["args"].origin == "cox.utils.Parameters"


def test_strange_keys_and_kinds_become_placeholders(tmp_path: Path) -> None:
    found = read(tmp_path, torch_bytes({(1, 2): 3, "complex": torch.ones(2, dtype=torch.complex64)}))
    assert [type(key) for key in found] == [Placeholder, str]
    assert found["complex"].origin == "torch._utils._rebuild_tensor_v2"


@pytest.mark.parametrize(
    "content",
    [b"", b"<!DOCTYPE html><html></html>", b"PK\x03\x04", b"\x80\x02}q\x00.", pickle.dumps([1]), b"\x93NUMPY\x01\x00"],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CheckpointError, match=r"theirs\.pt: expected a file written by torch\.save, found \S"):
        read(tmp_path, content)
