"""Trained here, imported, left untrained: what each block must say."""

from pathlib import Path
from typing import Any

import pytest

from robust_style.model.kinds import (
    contradictions,
    file_on_hub,
    hash_in_name,
    is_imported,
    is_trained,
    local_source,
    without_place,
)

PLAIN = {"architecture": "vgg19", "width": 1.0}
ATTACK = {"constraint": "l2", "epsilon": 0.5, "step_size": 0.1, "steps": 7}
IMPORT = {"source": "theirs.pt", "sha256": "0" * 64, "epoch": 100}


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        ({"regime": "standard"}, "trained"),
        ({"regime": "adversarial", **ATTACK}, "trained"),
        ({"regime": "untrained"}, "untrained"),
        ({"regime": "standard", **IMPORT}, "imported"),
        ({"regime": "adversarial", **IMPORT}, "imported"),
        ({"regime": "adversarial", **IMPORT, "source": "https://example.org/a.pt"}, "imported"),
        ({"regime": "standard", "epoch": 9, "source": "https://example.org/a-0123abcd.pth?x=1"}, "imported"),
        ({"regime": "standard", "epoch": 9, "source": "here/a-0123abcd.pth"}, "imported"),
        ({"regime": "standard", "epoch": 9, "source": f"hf://owner/name@{'a1' * 20}/nets/a.ckpt"}, "imported"),
        ({"regime": "standard", **IMPORT, "source": "hf://owner/name@main/a.ckpt"}, "imported"),
    ],
)
def test_sound_blocks(block: dict[str, Any], kind: str) -> None:
    assert list(contradictions("n", PLAIN | block)) == []
    assert (is_trained(block), is_imported(block)) == (kind == "trained", kind == "imported")


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"regime": "adversarial", "epsilon": 0.5}, "regime adversarial needs constraint, step_size, steps"),
        ({"regime": "untrained", "steps": 3}, "regime untrained has no attack; take steps away"),
        ({"regime": "untrained", **IMPORT}, "regime untrained has no source; take it away"),
        ({"regime": "standard", "source": "x.pt"}, "a source needs sha256, epoch"),
        ({"regime": "standard", "source": "a-0123abc.pth", "epoch": 9}, "a source needs sha256"),
        (
            {"regime": "standard", "source": "hf://o/n@main/a.pt", "epoch": 9},
            "needs sha256 (or, in place of the branch",
        ),
        (
            {"regime": "standard", **IMPORT, "source": "hf://name/a.pt"},
            "source: expected a local path, painter:NAME, https",
        ),
        (
            {"regime": "standard", **IMPORT, "source": "hf://o/n@v1/../../a.pt"},
            "or hf://OWNER/NAME@REVISION/FILE, found",
        ),
        ({"regime": "standard", "epoch": 3}, "epoch belong to a source, which is not given"),
        (
            {"regime": "adversarial", **IMPORT, **ATTACK},
            "is not trained here; take constraint, epsilon, step_size, steps",
        ),
        ({"regime": "standard", **IMPORT, "random_start": True}, "take random_start away"),
        (
            {"regime": "standard", **IMPORT, "source": "http://example.org/a.pt"},
            "source: expected a local path, painter:NAME, https",
        ),
        (
            {"regime": "standard", **IMPORT, "source": "s3://bucket/a.pt"},
            "source: expected a local path, painter:NAME, https",
        ),
        (
            {"regime": "standard", **IMPORT, "source": "https:///a.pt"},
            "source: expected a local path, painter:NAME, https",
        ),
    ],
)
def test_contradictions_are_named(block: dict[str, Any], message: str) -> None:
    (found,) = contradictions("n", PLAIN | block)
    assert found.startswith("networks.n")
    assert message in found


def test_a_local_source_is_watched_and_a_url_not() -> None:
    assert local_source({"source": "a/b.pt"}) == Path("a/b.pt")
    assert local_source({"source": "https://example.org/b.pt"}) is None


def test_products_name_no_folder_and_no_password() -> None:
    assert without_place("/somewhere/of/mine/b.pt") == "b.pt"
    assert without_place("hf://owner/name@v1/b.pt") == "hf://owner/name@v1/b.pt"
    assert without_place("https://me:secret@example.org:8443/x/b.pt?token=1#y") == "https://example.org/x/b.pt"


def test_sources_that_state_their_hash() -> None:
    hub = file_on_hub("hf://owner/name.x@v1.0/nets/b.ckpt")
    assert hub is not None
    assert (hub.repository, hub.revision, hub.path) == ("owner/name.x", "v1.0", "nets/b.ckpt")
    assert str(hub) == "hf://owner/name.x@v1.0/nets/b.ckpt"
    assert hash_in_name("https://example.org/vgg19-dcbb9e9d.pth") == "dcbb9e9d"
    assert hash_in_name("https://example.org/x-dcbb9e9d.pth/b.pth") is None
