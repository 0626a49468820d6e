"""The page as text: complete, closed to the outside, each picture once."""

import base64
import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_page import build_page
from made_results import make_results
from robust_style.errors import ResultError
from robust_style.page.offline import script_safe_json

TITLE = "Which <b>painter</b> & why?"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    made = make_results(folder)
    return folder, made, build_page(folder, made, TITLE)


def data_of(page):
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)
    return json.loads(found[1])


def test_every_picture_is_there_and_each_image_once(results):
    _, made, page = results
    content = data_of(page)
    assert len(content["pictures"]) == len(made.traces)
    assert len(content["images"]) == len(set(content["images"]))
    by_place = {tuple(picture["at"]): picture for picture in content["pictures"]}
    for trace in made.traces:
        labels = json.loads(trace.read_text())["labels"]
        place = (
            [recipe["slug"] for recipe in content["recipes"]].index(labels["recipe"]),
            [network["slug"] for network in content["networks"]].index(labels["network"]),
            content["seeds"].index(labels["seed"]),
            content["epochs"].index(labels["epoch"]),
            [pair["slug"] for pair in content["pairs"]].index(f"{labels['content']}--{labels['style']}"),
        )
        stored = base64.b64decode(content["images"][by_place[place]["image"]].split(",")[1])
        assert stored == trace.with_suffix(".jpg").read_bytes()
    # The untrained picture of a pair is one image, whatever the network and the recipe.
    untrained = {picture["image"] for place, picture in by_place.items() if place[3] == 0 and place[4] == 0}
    assert len(untrained) == 1


def test_nothing_comes_from_outside(results):
    text = results[2].read_text()
    without_script = re.sub(r"<script>.*</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"\b(?:src|href|action|srcset)\s*=", without_script)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|innerHTML|insertAdjacentHTML|document\.write", text)


def test_the_policy_names_this_style_and_this_script(results):
    text = results[2].read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        inline = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_title_is_text(results):
    assert "<h1>Which &lt;b&gt;painter&lt;/b&gt; &amp; why?</h1>" in results[2].read_text()


def test_same_results_same_bytes(results):
    folder, made, page = results
    first = page.read_bytes()
    assert build_page(folder, made, TITLE).read_bytes() == first


@given(st.text())
def test_data_cannot_leave_its_script_element(text):
    safe = script_safe_json({"name": text + "</script><!--<script>"})
    assert "<" not in safe
    assert json.loads(safe)["name"] == text + "</script><!--<script>"


@pytest.mark.parametrize("fault", ["preview", "html", "scores", "content", "none"])
def test_faults_are_named_and_leave_no_page(tmp_path, fault):
    made = make_results(tmp_path, recipes=("fair",), epochs=(4,), pairs=(("rocket", "flow_field"),))
    if fault == "preview":
        made.traces[0].with_suffix(".jpg").unlink()
    elif fault == "html":
        made.traces[0].with_suffix(".jpg").write_text("<html>")
    elif fault == "scores":
        made.scores.pop()
    elif fault == "content":
        del made.images["rocket"]
    else:
        made.traces.clear()
    with pytest.raises(ResultError, match="expected"):
        build_page(tmp_path, made, TITLE)
    assert not (tmp_path / "page" / "index.html").exists()
