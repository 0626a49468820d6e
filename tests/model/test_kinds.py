"""Trained here, imported, left untrained: what each block must say."""

from pathlib import Path
from typing import Any

import pytest

from robust_style.model.kinds import contradictions, is_imported, is_trained, local_source, without_place

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
        ({"regime": "standard", "epoch": 3}, "epoch belong to a source, which is not given"),
        (
            {"regime": "adversarial", **IMPORT, **ATTACK},
            "is not trained here; take constraint, epsilon, step_size, steps",
        ),
        ({"regime": "standard", **IMPORT, "random_start": True}, "take random_start away"),
        (
            {"regime": "standard", **IMPORT, "source": "http://example.org/a.pt"},
            "source: expected a local path or https",
        ),
        ({"regime": "standard", **IMPORT, "source": "s3://bucket/a.pt"}, "source: expected a local path or https"),
        ({"regime": "standard", **IMPORT, "source": "https:///a.pt"}, "source: expected a local path or https"),
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
    assert without_place("https://me:secret@example.org:8443/x/b.pt?token=1#y") == "https://example.org/x/b.pt"
