"""The claims of the page: numbers where there are any, ways only to pictures that it has."""

import pytest
from robust_style.page.axes import Axes
from robust_style.page.claims import shown_claims

from made_page import CLAIM_COLUMNS, made_claims, write_claims
from robust_style.errors import ResultError

AXES = Axes(("fair", "original"), ("standard", "adversarial"), (0,), (0, 8), ("rocket",), ("flow_field",))
BASIS = dict.fromkeys(CLAIM_COLUMNS, "") | {"claim": "faster", "verdict": "not tested", "recipe": "fair"}


def shown(folder, **changes):
    return shown_claims(write_claims(folder / "claims.tsv", [BASIS | changes]), AXES)[0]


def test_the_way_leads_to_two_networks_of_one_recipe(tmp_path):
    claim = shown(tmp_path, strongest_for="fair/standard+adversarial/seed_0/epoch_008/rocket--flow_field")
    assert claim["best"] == {
        "recipe": "fair", "left": "standard", "right": "adversarial", "seed": "0", "epoch": "8",
        "content": "rocket", "style": "flow_field",
    }  # fmt: skip
    assert claim["worst"] is None


def test_the_way_leads_to_one_network_and_two_recipes(tmp_path):
    best = shown(tmp_path, strongest_for="original+fair/standard/seed_0/epoch_000/rocket--flow_field")["best"]
    assert (best["recipe"], best["right_recipe"]) == ("original", "fair")
    assert best["left"] == best["right"] == "standard"


def test_the_way_leads_to_two_networks_each_with_its_own_recipe(tmp_path):
    best = shown(tmp_path, strongest_for="original+fair/standard+adversarial/seed_0/epoch_008/rocket--flow_field")[
        "best"
    ]
    assert (best["recipe"], best["left"]) == ("original", "standard")
    assert (best["right_recipe"], best["right"]) == ("fair", "adversarial")


@pytest.mark.parametrize(
    "place",
    [
        "",
        "nonsense",
        "<script>",
        "fair/standard+nobody/seed_0/epoch_008/rocket--flow_field",
        "lost/standard+adversarial/seed_0/epoch_008/rocket--flow_field",
        "fair/standard+adversarial/seed_9/epoch_008/rocket--flow_field",
        "fair/standard+adversarial/seed_0/epoch_009/rocket--flow_field",
        "fair/standard+adversarial/seed_0/epoch_008/rocket--op_art",
    ],
)
def test_a_way_to_no_picture_is_none(tmp_path, place):
    assert shown(tmp_path, strongest_for=place)["best"] is None


@pytest.mark.parametrize(("text", "number"), [("-0.5", -0.5), ("", None), ("nan", None), ("inf", None), ("x", None)])
def test_numbers_are_numbers_or_none(tmp_path, text, number):
    assert shown(tmp_path, estimate=text)["estimate"] == number


def test_a_statement_that_is_not_there_is_the_claims_name(tmp_path):
    assert shown(tmp_path, statement="")["statement"] == "faster"


def test_a_foreign_table_is_refused(tmp_path):
    path = write_claims(tmp_path / "claims.tsv", [BASIS], columns=("claim", "recipe"))
    with pytest.raises(ResultError, match=r"claims\.tsv: expected the table of claims, found no column source"):
        shown_claims(path, AXES)
    with pytest.raises(ResultError, match="found no file"):
        shown_claims(tmp_path / "none.tsv", AXES)


def test_made_claims_are_as_the_contract_says(tmp_path):
    table = tmp_path / "scores.tsv"
    table.write_text("recipe\tnetwork\tseed\tepoch\tcontent\tstyle\nfair\tadversarial\t0\t8\trocket\tflow_field\n")
    assert set(made_claims(table)[0]) == set(CLAIM_COLUMNS)
