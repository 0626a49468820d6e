"""Claim files: a fault is named with what was expected; a later file replaces claims of an earlier one."""

from pathlib import Path

import pytest
import yaml

from robust_style.errors import ConfigError
from robust_style.score.claim import read_claim_blocks

CLAIMS = Path(__file__).resolve().parents[2] / "config" / "claims.yaml"
BLOCK = {
    "statement": "s",
    "source": "t",
    "compare": {"networks": ["adversarial", "standard"]},
    "measure": "content_ssim",
    "summary": "last",
    "supported_by": "more",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measure": "beauty"}, "measure: expected one of content_ssim"),
        ({"summary": "median"}, "'median' is not one of"),
        ({"better": "more"}, "expected it with summary late_fall"),
        ({"because": "x"}, "'because' was unexpected"),
        ({"compare": {"networks": ["adversarial"]}}, "expected two networks, or one and a constant"),
        ({"compare": {"networks": ["adversarial", "Very clever"]}}, "'Very clever' does not match"),
        ({"compare": {"across": "robust_accuracy", "networks": ["a", "b"]}}, "expected across alone"),
        ({"compare": {"across": "beauty"}}, "'beauty' is not one of"),
        (
            {"compare": {"networks": ["a"], "over_ratios": "own_best", "constant": 1}},
            "expected two networks, no recipes",
        ),
        (
            {"compare": {"networks": ["a"], "constant": 1, "recipes": [{"x": 1}, {"x": 2}]}},
            "two networks beside two recipes",
        ),
        ({"compare": {"otherwise_equal": True}}, "expected networks, recipes or across"),
    ],
)
def test_a_faulty_claim_is_named(tmp_path, change, message):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"mine": BLOCK | change}))
    with pytest.raises(ConfigError, match="mine") as caught:
        read_claim_blocks([path])
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"claims: expected a file at .*none\.yaml"):
        read_claim_blocks([tmp_path / "none.yaml"])


def test_a_later_file_adds_claims_and_replaces_one_of_the_same_name(tmp_path):
    block = BLOCK | {"compare": {"networks": ["gentle", "fierce"]}}
    later = tmp_path / "later.yaml"
    later.write_text(yaml.safe_dump({"gentle_is_better": block, "better_texture": block}))
    published = [claim.slug for claim in read_claim_blocks([CLAIMS])]
    claims = {claim.slug: claim for claim in read_claim_blocks([CLAIMS, later])}
    assert list(claims) == [*published, "gentle_is_better"]
    assert claims["better_texture"].networks == ("gentle", "fierce")
