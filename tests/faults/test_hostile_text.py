"""No text of a table or configuration becomes an element, a field or code of a page."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hostile import HARMLESS, TEXTS, Parsed
from made_results import claim_row, edited, make_results, write_claims
from merged_config import merged
from robust_style.claims.table import read_claims
from robust_style.errors import ResultError
from robust_style.figure.words import plain
from robust_style.page.axes import Axes
from robust_style.page.claims import judged
from robust_style.page.offline import data_script
from robust_style.report.answer import write_answer
from robust_style.report.methods import write_methods
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.schema_page import descriptions
from rule_script import run_script

SCHEMA = Path(__file__).resolve().parents[2] / "config" / "schema.yaml"
each_text = pytest.mark.parametrize("name", TEXTS)
IN_CLAIM = ("claim", "statement", "source", "recipe", "contrast", "measure", "reading", "verdict")
NO_AXES = Axes(recipes=(), networks=(), seeds=(), epochs=(), contents=(), styles=())


def claim_of(*fields: str, text: str) -> dict[str, object]:
    """A row of the table of claims; of a verdict only what stands in brackets is free."""
    return claim_row(**{field: f"undecided ({text})" if field == "verdict" else text for field in fields})


def as_read(text: str) -> str:
    """A text as the words of a page: breaks of lines are spaces, and spaces in a row are one."""
    return " ".join(plain(text).split())


@each_text
def test_the_table_of_claims_keeps_every_text(tmp_path: Path, name: str) -> None:
    rows = [claim_of(*IN_CLAIM, text=TEXTS[name]), claim_row("another")]
    found = read_claims(write_claims(tmp_path / "claims.tsv", rows))
    for field in IN_CLAIM:
        expected = str(rows[0][field]).replace("\r\n", "\n").replace("\r", "\n")
        assert found[field].tolist() == [expected, rows[1][field]]


@each_text
def test_a_claim_is_text_in_the_answer(tmp_path: Path, name: str) -> None:
    harmless = answer_of(tmp_path, claim_row())
    for field in (field for field in IN_CLAIM if field != "claim"):
        found = answer_of(tmp_path, claim_of(field, text=TEXTS[name]))
        assert found.elements == harmless.elements, field
        text = TEXTS[name].replace("_", " ") if field == "recipe" else TEXTS[name]
        assert as_read(text) in as_read(found.text), field


def answer_of(folder: Path, row: dict[str, object]) -> Parsed:
    write_answer(claims=write_claims(folder / "claims.tsv", [row]), answer=folder / "answer.html")
    return Parsed((folder / "answer.html").read_text(encoding="ascii"))


@each_text
def test_a_claim_is_text_in_the_data_of_the_page(tmp_path: Path, name: str) -> None:
    row = claim_of(*IN_CLAIM, text=TEXTS[name])
    shown = judged(write_claims(tmp_path / "claims.tsv", [row]), NO_AXES, [])["claims"]
    script = data_script({"claims": shown})
    assert "<" not in script
    assert script.isascii()
    assert len(script.splitlines()) == 2, "no text ends the line of the data"
    assert json.loads(script.partition(" = ")[2].rstrip(";\n")) == {"claims": shown}
    for field in IN_CLAIM:
        expected = plain(row[field])
        assert shown[0][field] == (expected.replace("_", " ") if field == "recipe" else expected)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the methods are written from, before anything hostile is in it."""
    folder = tmp_path_factory.mktemp("methods")
    traces = make_results(folder, recipes=("fair",), epochs=(4,), networks=("standard",)).traces[:1]
    return {
        "config": check_configuration(merged("config"), SCHEMA),
        "meanings": descriptions(SCHEMA),
        "images": {"rocket": dict.fromkeys(("title", "author", "year", "licence"), "x")},
        "pairs": [("rocket", "flow_field")],
        "claims": write_claims(folder / "claims.tsv", [claim_row()]),
        "traces": traces,
        "methods": folder / "methods.html",
    }


def in_image(given: dict[str, Any], folder: Path, text: str) -> dict[str, Any]:
    return {"images": {text: dict.fromkeys(("title", "author", "year", "licence"), text)}, "pairs": [(text, text)]}


def in_configuration(given: dict[str, Any], folder: Path, text: str) -> dict[str, Any]:
    """Names of blocks, and values of every kind that a block may have."""
    config = given["config"]
    network = config["networks"]["standard"] | {"architecture": text, "class_names": [text], "note": {text: text}}
    recipe = config["transfer"]["recipes"]["fair"] | {"optimiser": text}
    return {
        "config": config
        | {
            "device": text,
            "seeds": [text],
            "dataset": config["dataset"] | {"name": text},
            "networks": {text: network, f"{text} again": network | {"regime": text}},
            "transfer": config["transfer"] | {"recipes": {text: recipe}},
        }
    }


def in_meaning(given: dict[str, Any], folder: Path, text: str) -> dict[str, Any]:
    # Between backticks is code: that is what they are for in the schema.
    return {"meanings": given["meanings"] | {"training.epochs": text.replace("`", "'")}}


def in_claims(given: dict[str, Any], folder: Path, text: str) -> dict[str, Any]:
    return {"claims": write_claims(folder / "claims.tsv", [claim_of(*IN_CLAIM, text=text)])}


def in_trace(given: dict[str, Any], folder: Path, text: str) -> dict[str, Any]:
    trace = shutil.copy(given["traces"][0], folder / "trace.json")
    trace.write_text(json.dumps(json.loads(trace.read_text()) | {"device": text, "precision": text}))
    return {"traces": [trace]}


@each_text
def test_whatever_is_given_is_text_in_the_methods(given: dict[str, Any], tmp_path: Path, name: str) -> None:
    for place in (in_image, in_configuration, in_meaning, in_claims, in_trace):
        found, harmless = (methods_of(given, tmp_path, place, texts[name]) for texts in (TEXTS, HARMLESS))
        assert found.elements == harmless.elements, place
        text = TEXTS[name].replace("`", "'") if place is in_meaning else TEXTS[name]
        assert as_read(text) in as_read(found.text), place


def methods_of(given: dict[str, Any], folder: Path, place: Callable[..., dict[str, Any]], text: str) -> Parsed:
    write_methods(**given | place(given, folder, text) | {"methods": folder / "methods.html"})
    return Parsed((folder / "methods.html").read_text(encoding="ascii"))


def test_a_strange_verdict_is_refused_without_acting_on_the_terminal(tmp_path: Path) -> None:
    path = write_claims(tmp_path / "claims.tsv", [claim_row(verdict="\x1b[2Jsupported")])
    with pytest.raises(ResultError, match="expected the table of claims, found the verdict") as caught:
        read_claims(path)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "words", [TEXTS["controls"], TEXTS["reversed"], "\ud800"], ids=["controls", "reversed", "half"]
)
def test_a_message_that_names_something_strange_does_not_act_on_the_terminal(tmp_path: Path, words: str) -> None:
    made = make_results(tmp_path, recipes=("fair",), epochs=(4,), networks=("standard",))
    with edited(made.scores[0]) as score:
        score["labels"]["network"] = words
    end = run_script(
        "collect_scores", tmp_path / "collect.log",
        input={"scores": made.scores, "evaluations": made.evaluations, "ratings": [], "answers": []},
        output={"table": tmp_path / "scores.tsv", "by_iteration": tmp_path / "moments.tsv"},
    )  # fmt: skip
    assert end.code == 1
    assert "expected an evaluation of" in end.error
    assert plain(end.error) == end.error
