"""The page as files: complete, closed to the outside, each image once."""

import base64
import hashlib
import json
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_page import build_page
from made_results import make_results, make_uneven_results
from robust_style.errors import ResultError
from robust_style.page.offline import data_script, script_safe_json

TITLE = "Which <b>painter</b> & why?"


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


def test_training_curves_have_every_checkpoint_and_the_longest_history(results):
    curves = data_of_folder(results[2])["training"]
    assert [(one["network"], one["seed"]) for one in curves] == [(0, 0), (1, 0)]
    for one in curves:
        assert [epoch for epoch, _, _ in one["checkpoints"]] == [0, 4, 8]
        assert [epoch for epoch, _, _ in one["history"]] == list(range(1, 9))


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


def test_title_is_text(results):
    assert "<h1>Which &lt;b&gt;painter&lt;/b&gt; &amp; why?</h1>" in results[2].read_text()


def test_same_results_same_bytes_and_nothing_of_an_older_page(results):
    folder, made, page = results
    (page.parent / "pictures" / "stray.jpg").write_bytes(b"old")
    expected = {path: path.read_bytes() for path in page.parent.rglob("*.*") if path.name != "stray.jpg"}
    edition = (folder / "page.html").read_bytes()
    build_page(folder, made, TITLE)
    assert {path: path.read_bytes() for path in page.parent.rglob("*.*")} == expected
    assert (folder / "page.html").read_bytes() == edition


def test_networks_seeds_and_epochs_may_be_uneven_and_tables_absent(tmp_path):
    made = make_uneven_results(tmp_path, recipes=("fair",), epochs=(0, 4))
    page = build_page(tmp_path, made, TITLE, claims=False, by_iteration=False, further=False)
    content = data_of_folder(page)
    assert content["claims"] == []
    assert content["onTheWay"] == []
    assert content["epochs"] == [0, 4, 76]
    assert all(scores is None for picture in content["pictures"] for _, _, scores in picture["steps"])
    assert [failure["measure"] for failure in content["failures"]] == ["worst_rise", "luma_correlation"]


@given(st.text())
def test_data_cannot_leave_its_script_element(text):
    safe = script_safe_json({"name": text + "</script><!--<script>"})
    assert "<" not in safe
    assert json.loads(safe)["name"] == text + "</script><!--<script>"
    assert data_of(data_script({"name": text}))["name"] == text


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
