"""Snakemake's report: labels, shown by its own script in a real browser; form; a report needs results."""

import itertools
import json
from importlib.resources import files
from pathlib import Path

import pytest

from browser import CHROMIUM, browser
from checkout import MINIATURE, copy_project, snakemake
from merged_config import CONFIG, merged
from robust_style.errors import ResultError
from robust_style.workflow import configuration, experiment
from robust_style.workflow.snakemake_report import ReportLabels, can_hold_folders, picture_item, require_results

CONFIGURATIONS = {
    "published": ["config"],
    "demo": ["config", "demo"],
    "miniature": ["config", "miniature"],
    **{
        path.stem: ["config", f"studies/{path.stem}"]
        for path in sorted((CONFIG / "studies").glob("*.yaml"))
        if not path.stem.endswith(("_claims", "small"))
    },
}
# Snakemake's table of results needs no more of the page around it than this.
STAND_INS = "var React = {Component: class {}}, AbstractViewManager = class {}, PropTypes = {};"
# All items that the table of a view leads to, in its order, with each value of its toggle.
SHOW = """(items => {
  const view = Object.create(AbstractResults.prototype);
  view.getResults = () => items.map(labels => [JSON.stringify(labels), {labels}]);
  const {entries, entryLabels, entryLabelValues, toggleLabels} = view.getData();
  const values = [...toggleLabels.values()][0] ?? [""];
  const rows = values.flatMap(value => entryLabelValues.map(row => entries.get(row.join()).get(value) ?? null));
  return {rows: rows.map(JSON.parse), columns: entryLabels, toggle: [...toggleLabels.keys()]};
})"""


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """A function that shows items with these labels; the rows are their labels, null where there is no item."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    script = files("snakemake.report.html_reporter") / "template" / "components" / "abstract_results.js"
    with browser(tmp_path_factory.mktemp("profile")) as page:
        source = script.read_text(encoding="utf-8")
        page.tell(f"globalThis.AbstractResults = (() => {{ {STAND_INS} {source} return AbstractResults }})(); 0")
        yield lambda items: page.tell(f"{SHOW}({json.dumps(items)})")


def labels_of(items):
    labels = ReportLabels(items)
    return [labels.of(item) for item in items]


def crossed(**values):
    return [dict(zip(values, combination, strict=True)) for combination in itertools.product(*values.values())]


def views(config):
    """The items of the views that have more than one kind of label."""
    pairs = [{"content": content, "style": style} for content, style in experiment.pairs(config)]
    recipes = list(config["transfer"]["recipes"])
    return {
        "pictures": [
            picture_item(config, recipe, *checkpoint)
            for recipe in recipes
            for checkpoint in experiment.checkpoints(config)
        ],
        "figures of pairs": [{**pair, "recipe": recipe} for recipe in recipes for pair in pairs],
        "optimisation": pairs,
    }


def everything_is_shown(shown, labels):
    return sorted(map(json.dumps, shown["rows"])) == sorted(map(json.dumps, labels))


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_item_of_every_view_is_shown(show, name):
    config = configuration.check_configuration(merged(*CONFIGURATIONS[name]), CONFIG / "schema.yaml")
    for view, items in views(config).items():
        labels = labels_of(items)
        assert everything_is_shown(show(labels), labels), view


def uneven():
    """A network with all checkpoints, one untrained, one imported."""
    return [
        *crossed(recipe=["a", "b"], epoch=[0, 5, 10], network=["standard"]),
        *crossed(recipe=["a", "b"], epoch=[0], network=["untrained"]),
        *crossed(recipe=["a", "b"], epoch=[76], network=["imported"]),
    ]


@pytest.mark.parametrize(
    ("items", "columns", "toggle"),
    [
        (crossed(recipe=["a", "b", "c"], epoch=[0, 5, 10], network=["x", "y"]), ["recipe", "epoch"], ["network"]),
        (crossed(recipe=["a", "b"], epoch=[0, 5], network=["x", "y"]), ["recipe", "epoch", "network"], []),
        (crossed(recipe=["a"], epoch=[0, 5], network=["x", "y"]), ["epoch"], ["network"]),
        (crossed(recipe=["a", "b", "c"], epoch=[0, 5], network=["x", "y"]), ["epoch", "recipe"], ["network"]),
        (crossed(recipe=["a"], epoch=[0], network=["x", "y"]), ["network"], []),
        (crossed(recipe=["a"], epoch=[0], network=["x"]), ["recipe"], []),
        (crossed(content=["a", "b"], style=["c", "d"]), ["content"], ["style"]),
        (crossed(content=["a", "b"], style=["c"]), ["content"], []),
        (crossed(content=["a"], style=["c"]), ["pair"], []),
        ([{"content": "a", "style": "c"}, {"content": "b", "style": "d"}], ["pair"], []),
        (uneven(), ["recipe", "epoch", "network"], []),
        # Each network has its own epoch: a toggle over either would lead to items that do not exist.
        ([{"epoch": 7, "network": "x"}, {"epoch": 9, "network": "y"}], ["epoch, network"], []),
    ],
)
def test_columns_and_toggle(show, items, columns, toggle):
    labels = labels_of(items)
    shown = show(labels)
    assert (shown["columns"], shown["toggle"]) == (columns, toggle)
    assert everything_is_shown(shown, labels)


def test_numbers_are_sorted_as_numbers(show):
    items = crossed(epoch=[100, 25, 0])
    assert [row["epoch"] for row in show(labels_of(items))["rows"]] == ["000", "025", "100"]


def test_a_pair_is_one_label_where_some_pairs_are_missing():
    items = [*crossed(content=["a", "b"], style=["c", "d"]), {"content": "bigben", "style": "the_scream"}]
    assert labels_of(items)[-1] == {"pair": "bigben × the_scream"}


def test_the_training_seed_is_not_confused_with_the_recipe_of_that_name():
    config = {"networks": {"standard": {"regime": "standard"}, "strong": {"regime": "adversarial"}}}
    item = picture_item(config, "seed", "strong", "0", "025")
    assert item == {"recipe": "seed", "epoch": 25, "training seed": 0, "network": "strong (adversarial)"}


def test_the_former_labels_failed(show):
    """The two faults that these labels exist for, as Snakemake still has them."""
    with pytest.raises(AssertionError, match="localeCompare is not a function"):
        show(crossed(regime=["standard"], epoch=[3, 6, 9]))
    pairs = [{"content": "astronaut", "style": "mosaic"}, {"content": "coffee", "style": "waves"}]
    assert None in show(pairs)["rows"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("snakemake --cores 2", False),
        ("snakemake --report", False),
        ("snakemake --report results/report.html", False),
        ("snakemake --report results/report.zip --cores 1", True),
        ("snakemake --report=report.zip", True),
        ("snakemake --archive all.zip", False),
    ],
)
def test_form_follows_the_name(arguments, expected):
    assert can_hold_folders(arguments.split()) is expected


@pytest.mark.parametrize(
    "arguments", ["snakemake --report", "snakemake --report=r.zip", "snakemake -c1 --report r.html"]
)
def test_a_report_before_the_run_is_refused(arguments: str, tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="has no results to report: run the workflow first"):
        require_results(arguments.split(), tmp_path)
    (tmp_path / "provenance").mkdir()
    require_results(arguments.split(), tmp_path)


@pytest.mark.parametrize("arguments", ["snakemake -c1", "snakemake -c1 --report r.html --report-after-run"])
def test_what_runs_before_it_reports_is_not_refused(arguments: str, tmp_path: Path) -> None:
    require_results(arguments.split(), tmp_path)


@pytest.mark.nightly
@pytest.mark.workflow
def test_a_report_before_the_run_is_one_clear_error(tmp_path: Path) -> None:
    run = snakemake(copy_project(tmp_path / "project"), *MINIATURE, "--report", "report.html")
    assert run.returncode != 0
    assert "results/miniature/ has no results to report: run the workflow first" in run.stdout
    assert "metadata" not in run.stdout
    assert "Traceback" not in run.stdout
    assert not (tmp_path / "project" / "report.html").exists()
