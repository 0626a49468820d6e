"""Pages of odd results in a real browser: hostile names, uneven networks, one network, no claims, one file."""

import base64
import json

from made_page import CLAIM_COLUMNS, build_page, write_claims
from made_results import make_results, make_uneven_results
from robust_style.page.comparison import build_comparison
from seen import alt, click, count, move, source, text, texts

HOSTILE = '</script><img src=x onerror="document.title=1"><marquee>'
ONE = {"recipes": ("fair",), "epochs": (4,), "pairs": (("rocket", "flow_field"),)}


def test_hostile_names_are_only_words(tab, tmp_path):
    made = make_results(tmp_path, **ONE)
    for path in [*made.traces, *made.scores, *made.evaluations]:
        content = json.loads(path.read_text())
        content.get("labels", content)["network"] += HOSTILE
        path.write_text(json.dumps(content))
    page = build_page(tmp_path, made, HOSTILE, claims=False)
    build_comparison(
        traces=made.traces, evaluations=made.evaluations, table=tmp_path / "scores.tsv", by_iteration=None,
        claims=write_claims(tmp_path / "claims.tsv", [_hostile_claim()]), images=made.images, folder=page.parent,
        edition=tmp_path / "page.html", title=HOSTILE,
    )  # fmt: skip
    for address in (page.as_uri(), (tmp_path / "page.html").as_uri()):
        for view in ("compare", "all", "claims"):
            tab.open(f"{address}#view={view}")
            assert tab.tell("document.title").startswith("</script>")
            assert count(tab, "img[src=x]") == count(tab, "marquee") == 0
        assert HOSTILE in text(tab, ".claim")
    tab.open(page.as_uri())
    assert f"standard{HOSTILE}" in alt(tab, "left")


def _hostile_claim():
    return dict.fromkeys(CLAIM_COLUMNS, HOSTILE) | {"estimate": -1, "verdict": f"supported{HOSTILE}"}


def test_networks_that_lack_epochs_show_their_nearest(tab, tmp_path):
    page = build_page(tmp_path, make_uneven_results(tmp_path, recipes=("fair",), epochs=(0, 50, 100)), "A page")
    tab.open(page.as_uri())
    assert "standard network, epoch 100" in alt(tab, "left")
    tab.open(f"{page.as_uri()}#left=imported&right=control&epoch=50&seed=1")
    assert "imported network, epoch 76" in alt(tab, "left")
    assert "control network, untrained" in alt(tab, "right")
    assert text(tab, "#epoch-words") == "epoch 76 · untrained"
    assert tab.tell("document.getElementById('absent').hidden") is True
    tab.open(f"{page.as_uri()}#left=standard&right=imported&epoch=76")
    assert "standard network, epoch 100" in alt(tab, "left")
    move(tab, "seed", "1")
    assert "seed 3" in alt(tab, "left")


def test_one_network_of_one_epoch_and_nothing_else(tab, tmp_path):
    made = make_results(tmp_path, networks=("imported",), **ONE)
    page = build_page(tmp_path, made, "A page", claims=False, by_iteration=False, further=False)
    tab.open(page.as_uri())
    assert source(tab, "left") == source(tab, "right")
    assert tab.tell("document.getElementById('epoch').disabled") is True
    for hidden in ("seed-choice", "right-recipe-choice"):
        assert tab.tell(f"document.getElementById('{hidden}').hidden") is True
    for key in ("c", "S", "r", "x", "ArrowLeft", ","):
        tab.press(key)
    click(tab, "nav a[data-view=claims]")
    assert text(tab, "#claims-words") == "No claim was judged for this page."
    click(tab, "nav a[data-view=all]")
    assert count(tab, "#grid .cell") == 1


def test_a_picture_that_was_not_painted_is_said_to_be_missing(tab, tmp_path):
    made = make_results(tmp_path, recipes=("fair",), epochs=(4,))
    for kept in (made.traces, made.scores):
        kept[:] = [path for path in kept if not ("adversarial" in path.parts and path.stem.startswith("astro"))]
    page = build_page(tmp_path, made, "A page", claims=False)
    tab.open(f"{page.as_uri()}#content=astronaut&style=op_art")
    assert text(tab, "#absent") == "Not painted"
    assert tab.tell("document.getElementById('picture-right').hidden") is True


def test_the_edition_in_one_file_shows_finished_pictures(tab, index):
    tab.open(f"{(index.parent.parent / 'page.html').as_uri()}#epoch=4")
    assert "epoch 4" in alt(tab, "left")
    assert source(tab, "left").startswith("data:image/jpeg")
    assert tab.tell("document.getElementById('iteration-choice').hidden") is True


def test_the_edition_works_where_an_address_may_not_be_changed(tab, index):
    """A report of one file shows it as a data URI."""
    content = base64.b64encode((index.parent.parent / "page.html").read_bytes()).decode()
    tab.open(f"data:text/html;base64,{content}")
    before = alt(tab, "left")
    click(tab, "#swap")
    assert alt(tab, "right") == before
    move(tab, "epoch", 0)
    assert "untrained" in alt(tab, "left")
    click(tab, "nav a[data-view=all]")
    assert count(tab, "#grid .cell") == 24
    click(tab, "#grid .cell:last-child")
    assert alt(tab, "right") == tab.tell("document.querySelector('#grid .cell:last-child img').alt")


def test_several_seeds_are_told_apart(tab, tmp_path):
    page = build_page(tmp_path, make_results(tmp_path, seeds=(1, 3), **ONE), "A page")
    tab.open(f"{page.as_uri()}#seed=3")
    assert "seed 3" in alt(tab, "left")
    tab.open(f"{page.as_uri()}#view=all&only_seed=1")
    assert count(tab, "#grid .cell") == 2
    assert all("seed 1" in words for words in texts(tab, "#grid .cell small:nth-of-type(1)"))
