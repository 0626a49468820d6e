"""Any damage to a small foreign file is one clear error, or does not matter."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import dill
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreign_files import legacy_bytes, torch_bytes, written, zip_bytes
from robust_style.errors import CheckpointError
from robust_style.files.foreign import read_foreign
from robust_style.model.foreign_weights import weights_in

WEIGHTS = OrderedDict(
    {"module.model.classifier.weight": torch.arange(6.0).view(2, 3), "module.model.classifier.bias": torch.ones(2)}
)
FILES = {
    layout: torch_bytes(
        {"model": WEIGHTS, "schedule": lambda epoch: epoch + 1, "epoch": 3},
        is_legacy=layout == "legacy",
        pickle_module=dill,
    )
    for layout in ("zip", "legacy")
}
LAYOUTS = pytest.mark.parametrize("layout", FILES)
MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def weights_or_refusal(path: Path, content: bytes) -> dict[str, Any] | None:
    """The weights, or None where a CheckpointError of one printable line says why not. Anything else propagates."""
    written(path, content)
    try:
        return weights_in(path, read_foreign(path)).weights
    except CheckpointError as error:
        refusal = str(error)
    assert refusal.isprintable()
    return None


@LAYOUTS
@MANY
@given(data=st.data())
def test_changed_bytes(layout: str, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(FILES[layout])
    # Half of the changes strike the pickle, where most can go wrong.
    start = content.index(b"model") - 40 if data.draw(st.booleans()) else 0
    places = st.integers(start, min(start + 700, len(content) - 1) if start else len(content) - 1)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4)):
        content[place] = value
    found = weights_or_refusal(tmp_path / "x.pt", bytes(content))
    if found is not None and layout == "zip":
        # Every member has a checksum. (The legacy layout has none: a flipped bit of a weight is another weight.)
        assert all(torch.equal(found[name.removeprefix("module.model.")], tensor) for name, tensor in WEIGHTS.items())


@pytest.mark.parametrize("around", [zip_bytes, legacy_bytes])
@MANY
@given(
    opcodes=st.lists(
        st.sampled_from(b"()]}tlds.sueaRbo\x81\x92\x85\x86\x87\x8f\x90\x91\x93\x94012NQ\x88\x89"), max_size=40
    )
)
def test_any_order_of_opcodes(around: Any, tmp_path: Path, opcodes: list[int]) -> None:
    names = b"ctorch._utils\n_rebuild_tensor_v2\nccollections\nOrderedDict\nK\x01X\x01\x00\x00\x00a"
    weights_or_refusal(tmp_path / "x.pt", around(b"\x80\x02" + names + bytes(opcodes) + b"."))
    weights_or_refusal(tmp_path / "x.pt", around(b"\x80\x02" + bytes(opcodes) + names + b"."))
