"""The page as files and data: complete, closed to the outside, each image once; claims; what it opens with."""

import base64
import hashlib
import json
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_page import CLAIM_COLUMNS, build_page, write_claims
from made_results import add_controls, make_results, make_results_of_fewer_checkpoints, make_uneven_results
from robust_style.errors import ResultError
from robust_style.page.axes import Axes
from robust_style.page.claims import accuracy_words, judged
from robust_style.page.scores import opening

TITLE = "Which <b>painter</b> & why?"
AXES = Axes(("fair", "original"), ("standard", "adversarial"), (0,), (0, 8), ("rocket",), ("flow_field",))
BASIS = dict.fromkeys(CLAIM_COLUMNS, "") | {
    "claim": "faster", "verdict": "not tested", "recipe": "fair", "seeds": 0, "pairs": 0,
}  # fmt: skip
distance = st.floats(-1, 2)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    made = make_results(folder)
    return folder, made, build_page(folder, made, TITLE)


def data_of(text):
    return json.loads(re.search(r"^const DATA = (.*);$", text, re.MULTILINE)[1])


def data_of_folder(page):
    return data_of((page.parent / "data.js").read_text())


def by_labels(content):
    """Pictures by recipe, network, seed, epoch, content and style."""
    names = [
        *([one["slug"] for one in content[axis]] for axis in ("recipes", "networks")),
        *(content["seeds"], content["epochs"]),
        *([one["slug"] for one in content[axis]] for axis in ("contents", "styles")),
    ]
    return {tuple(name[at] for name, at in zip(names, one["at"], strict=True)): one for one in content["pictures"]}


def test_every_picture_is_there_with_its_snapshots_and_each_image_once(results):
    _, made, page = results
    content = data_of_folder(page)
    pictures = by_labels(content)
    assert len(content["pictures"]) == len(pictures) == len(made.traces)
    assert len(content["images"]) == len(set(content["images"]))
    files = {path.relative_to(page.parent).as_posix() for path in (page.parent / "pictures").iterdir()}
    assert files == set(content["images"])
    for trace in made.traces:
        labels = json.loads(trace.read_text())["labels"]
        picture = pictures[tuple(value for name, value in labels.items() if name != "regime")]
        stored = page.parent / content["images"][picture["image"]]
        assert stored.read_bytes() == trace.with_suffix(".jpg").read_bytes()
        assert [iteration for iteration, _, _ in picture["steps"]] == [0, 50]
        assert picture["end"] == 100
        assert picture["steps"][1][2][:2] == [0.75, pytest.approx(1 / 1.5, abs=1e-3)]
    # The untrained picture of a pair is one image, whatever the network and the recipe.
    untrained = {
        picture["image"] for at, picture in pictures.items() if at[3] == 0 and at[4:] == ("rocket", "flow_field")
    }
    assert len(untrained) == 1


def test_every_score_of_the_table_is_there_and_what_was_not_measured_is_null(results):
    folder, _, page = results
    content = data_of_folder(page)
    names = [measure["name"] for measure in content["measures"]]
    rows = pd.read_csv(folder / "scores.tsv", sep="\t", keep_default_na=False, na_values=[""])
    assert {"content_ssim", "style_texture_distance", "luma_correlation", "robust_accuracy"} <= set(names)
    assert "rater_standard_style_distance" not in names, "a measure that no picture has is left out"
    pictures = by_labels(content)
    for row in rows.to_dict("records"):
        at = tuple(row[name] for name in ("recipe", "network", "seed", "epoch", "content", "style"))
        for name, value in zip(names, pictures[at]["scores"], strict=True):
            assert value is None if pd.isna(row[name]) else value == pytest.approx(row[name])


def test_controls_are_no_pictures_of_the_page(results, tmp_path):
    made = make_results(tmp_path)
    content = data_of_folder(build_page(tmp_path, add_controls(tmp_path, made), TITLE))
    without = data_of_folder(results[2])
    for axis in ("networks", "recipes", "seeds", "epochs", "contents", "styles", "measures"):
        assert content[axis] == without[axis], axis
    assert len(content["pictures"]) == len(without["pictures"])
    assert content["opening"]["recipe"] != "none"


def test_training_curves_have_every_checkpoint_and_the_longest_history(results):
    curves = data_of_folder(results[2])["training"]
    assert [(one["network"], one["seed"]) for one in curves] == [(0, 0), (1, 0)]
    for one in curves:
        assert [epoch for epoch, _, _ in one["checkpoints"]] == [0, 4, 8]
        assert [epoch for epoch, _, _ in one["history"]] == list(range(1, 9))


def test_the_cost_is_said_in_accuracies_of_the_last_epoch(results):
    content = data_of_folder(results[2])
    words = {one["key"]: one["words"] for one in content["questions"]}["cost"]
    clean, robust = ([round(100 * one["checkpoints"][-1][column]) for one in content["training"]] for column in (1, 2))
    assert words.startswith(
        f"Test images recognised, unchanged and under attack: standard {clean[0]} % and {robust[0]} %, "
        f"adversarial {clean[1]} % and {robust[1]} %."
    )


def test_networks_that_were_not_evaluated_are_left_out_of_the_cost():
    curves = [
        {"network": 0, "checkpoints": [[8, None, None]]},
        {"network": 1, "checkpoints": [[0, 0.1, 0], [8, 0.6, 0.4]]},
    ]
    assert accuracy_words(curves, AXES, AXES.networks[:2]) == (
        f"Test images recognised, unchanged and under attack: {AXES.networks[1]} 60 % and 40 %."
    )
    assert accuracy_words(curves, AXES, AXES.networks[:1]) == ""


def test_nothing_comes_from_outside(results):
    folder, _, page = results
    for path in [*page.parent.glob("*.*"), folder / "page.html"]:
        text = path.read_text()
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|[\"']//", text), path
        assert not re.search(
            r"@import|url\(|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|innerHTML|insertAdjacentHTML|document\.write"
            r"|\beval\(|\son[a-z]+=",
            text,
        ), path
    beside = re.findall(r'(?:src|href)="([^"#]+)"', page.read_text())
    assert all(name.startswith("data:image/svg") or (page.parent / name).is_file() for name in beside)
    assert "default-src 'none'" in page.read_text()


def test_the_edition_is_one_file_whose_policy_names_its_own_styles_and_scripts(results):
    text = (results[0] / "page.html").read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script[^>]* src=|<link[^>]*stylesheet", text)
    for tag in ("style", "script"):
        allowed = re.search(rf"{tag}-src ([^;]+)", policy)[1].split()
        inline = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in inline]
        assert [f"'sha256-{digest}'" for digest in digests] == allowed


def test_the_edition_holds_the_finished_pictures_and_no_more(results):
    page = results[2]
    folder, edition = data_of_folder(page), data_of(results[0].joinpath("page.html").read_text())
    assert all(picture["steps"] == [] for picture in edition["pictures"])
    used = {one["image"] for kind in ("pictures", "contents", "styles") for one in edition[kind]}
    assert {number for number, uri in enumerate(edition["images"]) if uri} == used
    number = edition["pictures"][0]["image"]
    stored = base64.b64decode(edition["images"][number].split(",")[1])
    assert stored == (page.parent / folder["images"][number]).read_bytes()


def test_the_edition_holds_the_first_seed_and_the_pictures_that_claims_name(tmp_path):
    made = make_results(tmp_path, seeds=(3, 4, 5))
    page = build_page(tmp_path, made, TITLE)
    everything, start = by_labels(data_of_folder(page)), data_of_folder(page)["opening"]
    edition = by_labels(data_of((tmp_path / "page.html").read_text()))
    place = (5, 8, "rocket", "flow_field")
    named = {("original", "standard", *place), ("original", "adversarial", *place), ("fair", "standard", *place)}
    opening_place = (int(start["seed"]), int(start["epoch"]), start["content"], start["style"])
    named |= {(start["recipe"], start[side], *opening_place) for side in ("left", "right")}
    assert set(edition) == {at for at in everything if at[2] == 3} | named


def test_same_results_same_bytes_and_nothing_of_an_older_page(results):
    folder, made, page = results
    (page.parent / "pictures" / "stray.jpg").write_bytes(b"old")
    expected = {path: path.read_bytes() for path in page.parent.rglob("*.*") if path.name != "stray.jpg"}
    edition = (folder / "page.html").read_bytes()
    build_page(folder, made, TITLE)
    assert {path: path.read_bytes() for path in page.parent.rglob("*.*")} == expected
    assert (folder / "page.html").read_bytes() == edition


def test_a_recipe_may_lack_checkpoints(tmp_path):
    made = make_results_of_fewer_checkpoints(tmp_path)
    content = data_of_folder(build_page(tmp_path, made, TITLE))
    epochs = {
        recipe: {labels[3] for labels in by_labels(content) if labels[0] == recipe} for recipe in ("fair", "original")
    }
    assert epochs == {"fair": {0, 4, 8}, "original": {8}}
    assert content["epochs"] == [0, 4, 8]
    assert content["opening"]["epoch"] == "8"


def test_networks_seeds_and_epochs_may_be_uneven_and_tables_absent(tmp_path):
    made = make_uneven_results(tmp_path, recipes=("fair",), epochs=(0, 4))
    page = build_page(tmp_path, made, TITLE, claims=False, by_iteration=False, further=False)
    content = data_of_folder(page)
    assert content["claims"] == []
    assert content["byIteration"] == []
    assert content["epochs"] == [0, 4, 76]
    assert all(scores is None for picture in content["pictures"] for _, _, scores in picture["steps"])


@pytest.mark.parametrize("fault", ["preview", "html", "strip", "scores", "content", "none"])
def test_faults_are_named_and_leave_no_page(tmp_path, fault):
    made = make_results(tmp_path, recipes=("fair",), epochs=(4,), pairs=(("rocket", "flow_field"),))
    if fault == "preview":
        made.traces[0].with_suffix(".jpg").unlink()
    elif fault == "html":
        made.traces[0].with_suffix(".jpg").write_text("<html>")
    elif fault == "strip":
        made.traces[0].with_suffix(".snapshots.png").write_text("no picture")
    elif fault == "scores":
        made.scores.pop()
    elif fault == "content":
        del made.images["rocket"]
    else:
        made.traces.clear()
    with pytest.raises(ResultError, match="expected"):
        build_page(tmp_path, made, TITLE, claims=False)
    assert not (tmp_path / "page").exists()
    assert not list(tmp_path.glob(".page*"))


def claim_of(folder, **changes):
    return judged(write_claims(folder / "claims.tsv", [BASIS | changes]), AXES, [])["claims"][0]


PAIR = {"seed": "0", "epoch": "8", "content": "rocket", "style": "flow_field"}


@pytest.mark.parametrize(
    ("recipes", "networks", "address"),
    [
        ("fair", "standard+adversarial", {"recipe": "fair", "left": "standard", "right": "adversarial"}),
        (
            "original+fair", "standard",
            {"recipe": "original", "right_recipe": "fair", "left": "standard", "right": "standard"},
        ),
        (
            "original+fair", "standard+adversarial",
            {"recipe": "original", "right_recipe": "fair", "left": "standard", "right": "adversarial"},
        ),
    ],
)  # fmt: skip
def test_a_claim_has_the_address_of_its_pictures(tmp_path, recipes, networks, address):
    claim = claim_of(tmp_path, strongest_for=f"{recipes}/{networks}/seed_0/epoch_008/rocket--flow_field")
    assert claim["strongestFor"] == PAIR | address
    assert claim["strongestAgainst"] is None


@pytest.mark.parametrize(
    "pictures",
    [
        "",
        "nonsense",
        "<script>",
        "fair/standard+unknown/seed_0/epoch_008/rocket--flow_field",
        "unknown/standard+adversarial/seed_0/epoch_008/rocket--flow_field",
        "fair/standard+adversarial/seed_9/epoch_008/rocket--flow_field",
        "fair/standard+adversarial/seed_0/epoch_009/rocket--flow_field",
        "fair/standard+adversarial/seed_0/epoch_008/rocket--op_art",
    ],
)
def test_pictures_that_the_page_lacks_have_no_address(tmp_path, pictures):
    assert claim_of(tmp_path, strongest_for=pictures)["strongestFor"] is None


def test_a_claim_about_one_network_has_the_next_one_beside_it(tmp_path):
    claim = claim_of(tmp_path, strongest_for="fair/standard/seed_0/epoch_008/rocket--flow_field")
    assert (claim["strongestFor"]["left"], claim["strongestFor"]["right"]) == ("standard", "adversarial")


def test_beside_a_claim_about_one_network_stands_one_that_claims_compare(tmp_path):
    axes = Axes(("fair",), ("package", "standard", "adversarial"), (0,), (8,), ("rocket",), ("flow_field",))
    place = "seed_0/epoch_008/rocket--flow_field"
    rows = [
        BASIS | {"strongest_for": f"fair/adversarial+standard/{place}"},
        BASIS | {"claim": "alone", "strongest_against": f"fair/standard/{place}"},
    ]
    content = judged(write_claims(tmp_path / "claims.tsv", rows), axes, [])
    assert content["compared"] == ["standard", "adversarial"]
    assert content["claims"][1]["strongestAgainst"]["right"] == "adversarial"


def test_a_statement_that_is_not_there_is_the_claims_name(tmp_path):
    assert claim_of(tmp_path, statement="")["statement"] == "faster"


def rows_of(distances, measure="style_colour_distance", networks=("standard", "adversarial"), recipe="fair"):
    """A row per network and pair at epochs 4 and 8; the distances are those of the last epoch."""
    rows = [
        {
            "recipe": recipe,
            "network": network,
            "regime": network,
            "seed": 0,
            "epoch": epoch,
            "content": "rocket",
            "style": f"style_{pair}",
            measure: values[at] if epoch == 8 else 50.0 * at,
        }
        for at, network in enumerate(networks)
        for pair, values in enumerate(distances)
        for epoch in (4, 8)
    ]
    return pd.DataFrame(rows)


@settings(deadline=None)
@given(st.lists(st.tuples(distance, distance), min_size=1, max_size=6))
def test_it_is_the_pair_of_the_largest_difference_at_the_last_epoch(distances):
    found = opening(rows_of(distances), ["fair"], ["standard", "adversarial"])
    gaps = [abs(left - right) for left, right in distances]
    assert gaps[int(found["style"].removeprefix("style_"))] == max(gaps)
    assert (found["left"], found["right"], found["epoch"]) == ("standard", "adversarial", "8")


def test_a_difference_in_favour_of_either_network_counts():
    found = opening(rows_of([(0.5, 0.4), (0.2, 0.9)]), ["fair"], ["standard", "adversarial"])
    assert found["style"] == "style_1"


def test_texture_comes_before_colour_where_it_was_measured():
    rows = rows_of([(0.5, 0.4), (0.2, 0.9)])
    rows["style_texture_distance"] = [0.9 * (row == "style_0") for row in rows["style"]]
    rows.loc[rows["network"] == "standard", "style_texture_distance"] = 0.0
    assert opening(rows, ["fair"], ["standard", "adversarial"])["style"] == "style_0"


def test_other_recipes_do_not_count():
    rows = pd.concat([rows_of([(0.5, 0.4), (0.5, 0.5)]), rows_of([(0.5, 0.5), (0.0, 9.0)], recipe="original")])
    found = opening(rows.reset_index(drop=True), ["fair", "original"], ["standard", "adversarial"])
    assert (found["recipe"], found["style"]) == ("fair", "style_0")


def test_one_network_without_any_distance_opens_with_the_first_picture():
    rows = rows_of([(0.5, 0.4), (0.2, 0.9)], networks=("mine",)).drop(columns="style_colour_distance")
    found = opening(rows, ["fair"], ["mine"])
    assert (found["left"], found["right"], found["style"], found["epoch"]) == ("mine", "mine", "style_0", "8")


def test_networks_that_share_no_epoch_still_open():
    rows = rows_of([(0.5, 0.4)])
    rows = rows[(rows["network"] == "standard") == (rows["epoch"] == 8)]
    found = opening(rows, ["fair"], ["standard", "adversarial"])
    assert found["style"] == "style_0"


def test_a_recipe_with_a_content_target_says_so(tmp_path):
    made = make_results(tmp_path, epochs=(8,))
    for trace in made.traces:
        content = json.loads(trace.read_text())
        if content["labels"]["recipe"] == "fair":
            content["recipe"]["content_target"] = 0.5
            trace.write_text(json.dumps(content))
    recipes = {one["slug"]: one["words"] for one in data_of_folder(build_page(tmp_path, made, TITLE))["recipes"]}
    assert recipes["fair"].endswith("to a structure kept (SSIM) of 0.5")
    assert "structure kept" not in recipes["original"]
