"""The methods: every setting of the configuration, what it means, and nothing of the machine."""

import copy
import getpass
import json
import platform
import re
from pathlib import Path

import pytest

from made_results import claim_row, make_results, write_claims
from merged_config import merged
from robust_style.errors import ResultError
from robust_style.report.methods import write_methods
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.schema_page import descriptions

SCHEMA = Path(__file__).resolve().parents[2] / "config" / "schema.yaml"
IMAGES = {"rocket": {"title": "Rocket <1>", "author": "NASA", "year": "2015", "licence": "public domain"}}


@pytest.fixture
def given(tmp_path):
    made = make_results(tmp_path, recipes=("fair",), epochs=(4,))
    return {
        "config": check_configuration(merged("config"), SCHEMA),
        "meanings": descriptions(SCHEMA),
        "images": IMAGES,
        "pairs": [("rocket", "flow_field")],
        "claims": write_claims(tmp_path / "claims.tsv", [claim_row(), claim_row(recipe="original")]),
        "traces": made.traces,
        "methods": tmp_path / "methods.html",
    }


def words_of(path):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", path.read_text(encoding="ascii").split("</style>")[1]))


def test_every_setting_is_there_with_its_meaning(given):
    write_methods(**given)
    words = words_of(given["methods"])
    for section in ("dataset", "training", "evaluation"):
        for key, value in given["config"][section].items():
            if value is not None:
                assert f" {key} " in words, key
    for expected in (
        "learning_rate 0.1", "Learning rate of the first epochs", "vgg19", "lbfgs_unguarded", "rocket in the style of",
        "Rocket &lt;1&gt; NASA 2015 public domain", "captures the style faster", "6 (0, 1, 2, 3, 4, 5)", "torch",
        "cpu, float32",
    ):  # fmt: skip
        assert expected in words, expected


def test_recipes_stand_side_by_side_and_what_they_share_is_said_once(given):
    write_methods(**given)
    html = given["methods"].read_text(encoding="ascii")
    recipes = html.split("<h2>Recipes of the style transfer</h2>")[1].split("<h2>")[0]
    assert "<th>fair</th>" in recipes
    assert "<th>original</th>" in recipes
    shared = recipes.split("Of all: ")[1].split("</p>")[0]
    assert "pooling" in shared
    assert "style_weight" not in shared


def test_nothing_of_the_machine_is_in_it(given):
    given["config"] = copy.deepcopy(given["config"])
    given["config"]["dataset"] |= {"archive": "/somewhere/private/cifar.tar.gz", "sha256": "0" * 64}
    write_methods(**given)
    text = given["methods"].read_text(encoding="ascii")
    assert "cifar.tar.gz" in text
    for private in ("/somewhere", str(given["methods"].parent), platform.node(), f"/{getpass.getuser()}/"):
        assert private not in text


def test_a_damaged_trace_is_named(given):
    trace = json.loads(given["traces"][0].read_text())
    del trace["device"]
    given["traces"][0].write_text(json.dumps(trace))
    with pytest.raises(ResultError, match="expected the trace"):
        write_methods(**given)
    assert not given["methods"].exists()
