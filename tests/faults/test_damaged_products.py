"""A product that was damaged before the next step read it: one sentence that names it, and nothing half made of it."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from made_page import write_claims
from made_products import empty
from made_results import MadeResults, make_results
from rule_script import Outcome, run_script


@pytest.fixture
def made(tmp_path: Path) -> MadeResults:
    made = make_results(tmp_path, recipes=("fair",), epochs=(4,), pairs=(("rocket", "flow_field"),), size=(48, 32))
    made.collect(tmp_path / "scores.tsv")
    return made


def score(made: MadeResults, folder: Path) -> Outcome:
    return run_script(
        "score_stylization",
        folder / "step.log",
        input={
            "pictures": made.pictures,
            "snapshots": [trace.with_suffix(".snapshots.png") for trace in made.traces],
            "traces": made.traces,
            "images": list(made.images.values()),
        },
        output={"scores": folder / "made" / "scores.json"},
    )


def page(made: MadeResults, folder: Path) -> Outcome:
    return run_script(
        "build_comparison",
        folder / "step.log",
        input={
            "traces": made.traces,
            "evaluations": made.evaluations,
            "table": folder / "scores.tsv",
            "by_iteration": folder / "moments.tsv",
            "claims": write_claims(folder / "claims.tsv", []),
            "images": list(made.images.values()),
        },
        output={"folder": folder / "made" / "comparison", "edition": folder / "made" / "comparison.html"},
    )


def figure(made: MadeResults, folder: Path) -> Outcome:
    images, pair = made.images, {"content": "rocket", "style": "flow_field"}
    return run_script(
        "draw_recipes",
        folder / "step.log",
        input={"traces": made.traces, "content": images["rocket"], "style": images["flow_field"]},
        output={
            key: folder / "made" / f"recipes.{ending}"
            for key, ending in (("figure", "png"), ("preview", "jpg"), ("vector", "svg"))
        },
        params={"networks": ["standard", "adversarial"], "recipes": ["fair"], **pair},
    )


def assert_refused(end: Outcome, culprit: Path, folder: Path) -> None:
    assert end.code == 1
    assert str(culprit) in end.error
    assert "expected" in end.error
    assert [path for path in (folder / "made").rglob("*") if path.is_file()] == []


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


READ = {
    (score, "picture"), (score, "snapshots"), (score, "image"), (page, "preview"), (page, "snapshots"), (page, "image"),
    (figure, "picture"), (figure, "image"),
}  # fmt: skip


@pytest.mark.parametrize("damage", [halve, empty, Path.unlink])
@pytest.mark.parametrize(("step", "kind"), sorted(READ, key=str), ids=lambda one: getattr(one, "__name__", one))
def test_a_picture_that_is_damaged_is_named(
    made: MadeResults, tmp_path: Path, step: Callable[..., Outcome], kind: str, damage: Callable[[Path], None]
) -> None:
    culprit = {
        "picture": made.traces[0].with_suffix(".png"),
        "preview": made.traces[0].with_suffix(".jpg"),
        "snapshots": made.traces[0].with_suffix(".snapshots.png"),
        "image": made.images["rocket"],
    }[kind]
    damage(culprit)
    assert_refused(step(made, tmp_path), culprit, tmp_path)


@pytest.mark.parametrize("value", [math.nan, 1.5, "many"], ids=str)
@pytest.mark.parametrize("name", ["clean_accuracy", "test_robust_accuracy"])
def test_an_accuracy_that_cannot_be_is_refused(made: MadeResults, tmp_path: Path, name: str, value: Any) -> None:
    culprit = made.evaluations[-1]
    content = json.loads(culprit.read_text())
    (content["history"][0] if name.startswith("test_") else content)[name] = value
    culprit.write_text(json.dumps(content))
    assert_refused(page(made, tmp_path), culprit, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"), [("recipe", None), ("network", 3), ("content", ["a"]), ("seed", "0"), ("epoch", 0.5)]
)
def test_a_label_of_another_type_is_refused(made: MadeResults, tmp_path: Path, name: str, value: Any) -> None:
    culprit = made.traces[-1]
    content = json.loads(culprit.read_text())
    content["labels"][name] = value
    culprit.write_text(json.dumps(content))
    assert_refused(page(made, tmp_path), culprit, tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"labels": 3}'], ids=repr)
@pytest.mark.parametrize("kind", ["trace", "evaluation"])
def test_a_record_of_another_form_is_refused(made: MadeResults, tmp_path: Path, kind: str, text: str) -> None:
    culprit = (made.traces if kind == "trace" else made.evaluations)[-1]
    culprit.write_text(text, encoding="utf-8")
    assert_refused(page(made, tmp_path), culprit, tmp_path)
