"""What the page says about the claims: the answer follows the verdicts, and nothing is decided by a single seed."""

import math

import pytest

from made_results import claim_row
from robust_style.page.claims import answer_sentence, basis_words, question_of, question_words, would_decide

ONE_SEED = {"verdict": "undecided (n = 1 seed)", "seeds": 1}


def row(**changes):
    """A row as the table is read: numbers that are not there are NaN."""
    return {name: math.nan if value is None else value for name, value in claim_row(**changes).items()}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "Not answered: this run judged no primary claim."),
        ([row(family="exploratory", verdict="points to")], "Not answered: this run judged no primary claim."),
        (
            [row(verdict="not tested (no recipe matched)", seeds=0)],
            "Not answered: no primary claim was tested with a complete set of results.",
        ),
        ([row(**ONE_SEED)], "Undecided: one training seed cannot decide."),
        ([row(**ONE_SEED), row(verdict="not tested", seeds=0)], "Undecided: one training seed cannot decide."),
        ([row(**ONE_SEED | {"unit": "architectures"})], "Undecided: one architecture cannot decide."),
        (
            [row(verdict="undecided", seeds=6)],
            "Undecided: after 6 training seeds, no primary claim is supported or refuted.",
        ),
        ([row()], "The data support that the adversarial network captures the style faster."),
        (
            [row(statement="VGG wins."), row(), row(statement="It falls apart", verdict="refuted")],
            "The data support that VGG wins and that the adversarial network captures the style faster; "
            "they refute that it falls apart.",
        ),
        (
            [row(verdict="refuted"), row(verdict="undecided"), row(verdict="not tested", seeds=0)],
            "The data refute that the adversarial network captures the style faster; of the other primary claims, "
            "1 is undecided and 1 was not tested.",
        ),
    ],
)
def test_the_answer_follows_the_primary_verdicts(rows, sentence):
    assert answer_sentence(rows) == sentence


def test_a_sentence_says_on_how_much_evidence_it_rests():
    words = basis_words([row(**ONE_SEED), row(family="exploratory", verdict="unclear", seeds=1, pairs=2)])
    assert words.startswith(
        "Of 1 primary claim, named before the run, 1 is undecided. Evidence: up to 1 training seed and 2 image pairs."
    )
    assert "needs at least 3" in words
    assert "needs" not in basis_words([row()])


def test_a_question_gives_primary_verdicts_and_counts_the_exploratory_ones():
    others = [row(family="exploratory", verdict=verdict) for verdict in ("points to", "points against", "unclear")]
    assert question_words([row(**ONE_SEED), *others]) == (
        "Undecided (one training seed cannot decide): “The adversarial network captures the style faster.” Of 3 "
        "exploratory comparisons, 1 points for its claim, 1 points against its claim and 1 is unclear."
    )
    assert question_words([]) == "No claim of this run asks this."


@pytest.mark.parametrize(
    ("contrast", "measure", "question"),
    [
        ("adversarial < standard", "style_texture_distance", "better"),
        ("adversarial@half < standard@half", "rater_standard_style_distance", "better"),
        ("adversarial > standard", "people_prefer", "better"),
        ("epochs_to_90(adversarial) < epochs_to_90(standard)", "style_texture_distance", "faster"),
        ("iterations_to_common(a, b) < iterations_to_common(b, a)", "style_texture_distance", "faster"),
        ("standard < standard@half and standard@half - standard > a@half - a", "content_ssim", "falls_apart"),
        ("mean(standard) > mean(adversarial)", "failed", "falls_apart"),
        ("standard[one] > standard[other]", "log2_worst_rise", "falls_apart"),
        ("adversarial > standard - 0.02", "content_ssim", "cost"),
        ("mean(standard[one]) > mean(standard[other])", "luma_correlation", None),
        (
            "standard@untrained < standard + 0.05 and standard@untrained < control(mix)",
            "style_texture_distance",
            None,
        ),
        ("rank_correlation(robust_accuracy) < 0", "style_texture_distance", None),
        ("<script>", "style_texture_distance", None),
    ],
)
def test_a_claim_belongs_to_the_question_that_its_formula_asks(contrast, measure, question):
    assert question_of({"contrast": contrast, "measure": measure}) == question


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"verdict": "points against", "family": "exploratory"}, ""),
        (ONE_SEED, "at least 2 more seeds"),
        ({"verdict": "undecided", "seeds": 2}, "at least 1 more seed"),
        ({"verdict": "undecided", "seeds": 3, "seeds_needed": 5}, "about 2 more seeds"),
        ({"verdict": "undecided", "seeds": 3}, "more than 100 seeds"),
        ({"verdict": "unclear", "seeds": 3, "seeds_needed": 3}, "more seeds, or fewer claims at once"),
        ({"verdict": "undecided (censored in 1 of 3 seeds)"}, "a longer run"),
        ({"verdict": "undecided (no variation over seeds)"}, "seeds that differ"),
        ({"verdict": "not tested (no recipe matched)", "seeds": 0}, "a run with recipe matched"),
        ({"verdict": "not tested (no people_prefer)", "seeds": 0}, "ratings by people (blind test)"),
        (
            {"verdict": "not tested (every pair has a picture that missed its content target)"},
            "pairs that reach their content target",
        ),
        ({"verdict": "incomplete (missing a.png)", "seeds": 0}, "missing a.png"),
    ],
)
def test_what_would_decide_a_claim(changes, words):
    assert would_decide(row(**changes)) == words
