"""The answer: first the verdicts in words, then each claim with its numbers."""

import re
from html import unescape

import numpy as np
import pandas as pd
import pytest

from made_results import claim_row, write_claims
from robust_style.errors import ResultError
from robust_style.report.answer import MIXED, overall, write_answer


def written(tmp_path, rows):
    write_answer(claims=write_claims(tmp_path / "claims.tsv", rows), answer=tmp_path / "answer.html")
    return (tmp_path / "answer.html").read_text(encoding="ascii")


def words_of(html):
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", html.split("</style>")[1])))


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "not tested"], "supported"),
        (["undecided (n = 1 seed)", "undecided"], "undecided"),
        (["not tested"], "not tested"),
        (["supported", "refuted"], MIXED),
        (["supported", "undecided"], MIXED),
    ],
)
def test_one_verdict_of_several_recipes(verdicts, expected):
    assert overall(pd.Series(verdicts)) == expected


def test_the_verdicts_come_first(tmp_path):
    rows = [
        claim_row(),
        claim_row("better", statement="It is better overall", verdict="refuted"),
        claim_row("collapse", statement="It collapses", verdict="supported"),
        claim_row("collapse", "original", statement="It collapses", verdict="undecided"),
    ]
    words = words_of(written(tmp_path, rows))
    assert words.index("a better painter, and when?") < words.index("Of 3 primary claims") < words.index("Each claim")
    for expected in (
        "Of 3 primary claims: 1 supported , 1 refuted , 1 depends on the recipe",
        "up to 3 training seeds and 2 image pairs",
        "● supported : The adversarial network captures the style faster",
        "−0.11 [−0.16, −0.06], 0.95",
        "On average 0.11 nearer to the style",
        "Shatz",
    ):
        assert expected in words, expected


def test_one_seed_decides_nothing_and_the_first_paragraph_says_so(tmp_path):
    none = {
        "interval_low": np.nan,
        "interval_high": np.nan,
        "crossed_low": np.nan,
        "crossed_high": np.nan,
        "seeds": 1,
        "verdict": "undecided (n = 1 seed)",
    }
    words = words_of(written(tmp_path, [claim_row(**none)]))
    assert "Nothing is decided" in words.split("Each claim")[0]
    assert "1 training seed " in words
    assert "undecided (n = 1 seed)" in words


def test_words_of_a_table_are_no_markup(tmp_path):
    html = written(tmp_path, [claim_row(statement="a < b & <script>alert(1)</script>", source="Müller")])
    assert "<script" not in html
    assert "M&#252;ller" in html


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(ResultError, match=r"none\.tsv: expected the table of claims, found no file"):
        write_answer(claims=tmp_path / "none.tsv", answer=tmp_path / "answer.html")
    assert not (tmp_path / "answer.html").exists()
