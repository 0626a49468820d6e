"""Claims files: what they may say, and one clear error for what they may not."""

import pytest

from robust_style.claims.claim import read_claim_blocks
from robust_style.errors import ConfigError

BLOCK = """
smallest_effects: {content_ssim: 0.02}
claims:
  keeps:
    statement: It keeps the content
    source: somebody
    measure: content_ssim
    holds_if: [adversarial > standard]
"""


def read(tmp_path, text):
    path = tmp_path / "claims.yaml"
    path.write_text(text, encoding="utf-8")
    return read_claim_blocks([path])


def test_a_block_is_a_sentence_and_its_conditions(tmp_path):
    (claim,) = read(tmp_path, BLOCK)
    assert (claim.slug, claim.primary, claim.recipe) == ("keeps", False, None)
    assert claim.conditions[0].smallest_effect == 0.02


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("measure: content_ssim", "measure: beauty", "expected a measure among"),
        ("[adversarial > standard]", "[adversarial]", "two sums compared"),
        ("smallest_effects: {content_ssim: 0.02}", "", "expected a smallest effect of content_ssim, found none"),
        ("    source: somebody", "    source: somebody\n    primary: true", "a primary claim to name its recipe"),
        ("    source: somebody", "    sauce: somebody", "does not fit claims_schema.yaml"),
        ("holds_if: [adversarial > standard]", "compare: {networks: [a, b]}", "keeps.compare: write holds_if"),
        ("claims:", "claims: [", "expected YAML"),
        ("    source: somebody", "    source: somebody\n    unit: networks", "'networks' is not one of"),
    ],
)
def test_a_faulty_file_is_one_error(tmp_path, old, new, message):
    assert old in BLOCK
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, BLOCK.replace(old, new))


def test_five_primary_claims_are_too_many(tmp_path):
    head, block = BLOCK.split("claims:\n")
    block = block.replace("source: somebody", "source: somebody\n    primary: true\n    recipe: fair")
    text = f"{head}claims:\n" + "".join(block.replace("keeps", f"keeps_{n}") for n in range(5))
    with pytest.raises(ConfigError, match="at most 4 primary claims, found 5"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("formula", "stray"),
    [
        ("vgg16 > standard", "vgg16"),
        ("adversarial@half > standard", "@half"),
        ("rank_correlation(epsilon) > 0.2", "rank_correlation"),
        ("mean(adversarial) > standard", "mean"),
    ],
)
def test_over_architectures_only_the_two_regimes_can_be_compared(tmp_path, formula, stray):
    text = BLOCK.replace("[adversarial > standard]", f"[{{formula: '{formula}', smallest_effect: 1}}]")
    text = text.replace("source: somebody", "source: somebody\n    unit: architectures")
    with pytest.raises(ConfigError, match=f"standard and adversarial, found {stray} in"):
        read(tmp_path, text)
    (claim,) = read(tmp_path, BLOCK.replace("source: somebody", "source: somebody\n    unit: architectures"))
    assert claim.unit == "architectures"
    assert read(tmp_path, BLOCK)[0].unit == "seeds"
