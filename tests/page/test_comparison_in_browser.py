"""The page in a real browser: it runs, the address chooses the picture, hostile names stay words."""

import json
import re
import shutil
import subprocess

import pytest

from made_page import build_page
from made_results import make_results, make_uneven_results

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
HOSTILE = '</script><img src=x onerror="document.title=1">'


def opened(page, folder, address=""):
    """The page's document and console after its script ran."""
    quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-sync", *quiet),
            *(f"--user-data-dir={folder / 'browser'}", "--enable-logging=stderr", "--virtual-time-budget=2000"),
            *("--dump-dom", page.as_uri() + address),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console


def attribute(document, element, name):
    tag = re.search(rf'<[a-z]+ [^>]*id="{element}"[^>]*>', document)[0]
    found = re.search(rf'{name}="([^"]*)"', tag)
    return found[1] if found else None


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return folder, build_page(folder, make_results(folder), "A page")


def test_it_shows_the_last_epoch_without_a_complaint(results):
    folder, page = results
    document, console = opened(page, folder)
    assert console == []
    assert attribute(document, "picture-left", "alt").endswith("standard network, epoch 8")
    assert attribute(document, "picture-right", "alt").endswith("adversarial network, epoch 8")
    assert attribute(document, "picture-left", "src") != attribute(document, "picture-right", "src")
    assert document.count('<tr><th scope="row">') == 6
    assert len(re.findall(r"<button[^>]* aria-current=", document)) == 2 * 3


def test_the_address_chooses(results):
    folder, page = results
    document, console = opened(
        page, folder, "#pair=astronaut--op_art&epoch=4&recipe=seed&left=adversarial&right=standard"
    )
    assert console == []
    assert attribute(document, "picture-left", "alt") == (
        "astronaut in the style of op art, painted with the adversarial network, epoch 4"
    )
    assert attribute(document, "picture-right", "alt").endswith("the standard network, epoch 4")
    assert attribute(document, "epoch", "aria-valuetext") == "epoch 4"


def test_an_address_that_means_nothing_is_ignored(results):
    folder, page = results
    document, console = opened(page, folder, "#pair=%3Cscript%3E&epoch=999&left=__proto__")
    assert console == []
    assert attribute(document, "epoch", "aria-valuetext") == "epoch 8"


def test_untrained_networks_show_one_picture(results):
    folder, page = results
    document, _ = opened(page, folder, "#epoch=0")
    assert attribute(document, "picture-left", "src") == attribute(document, "picture-right", "src")


def test_hostile_names_are_only_words(tmp_path):
    made = make_results(tmp_path, recipes=("fair",), epochs=(4,), pairs=(("rocket", "flow_field"),))
    for path in [*made.traces, *made.scores, *made.evaluations]:
        content = json.loads(path.read_text())
        labels = content.get("labels", content)
        labels["network"] += HOSTILE
        path.write_text(json.dumps(content))
    document, console = opened(build_page(tmp_path, made, "A page"), tmp_path)
    assert console == []
    assert "<title>A page</title>" in document
    assert '<img src="x"' not in document
    assert "standard&lt;/script&gt;" in document


def test_networks_that_lack_epochs_show_their_nearest(tmp_path):
    page = build_page(tmp_path, make_uneven_results(tmp_path, recipes=("fair",), epochs=(0, 50, 100)), "A page")
    document, console = opened(page, tmp_path)
    assert console == []
    assert attribute(document, "picture-left", "alt").endswith("standard network, epoch 100")
    document, console = opened(page, tmp_path, "#left=imported&right=control&epoch=50&seed=1")
    assert console == []
    assert attribute(document, "picture-left", "alt").endswith("imported network, epoch 76")
    assert attribute(document, "picture-right", "alt").endswith("control network, untrained")
    assert re.search(r'id="epoch-words"[^>]*>epoch 76 · untrained<', document)
    assert attribute(document, "absent", "hidden") is not None
    document, _ = opened(page, tmp_path, "#left=standard&right=imported&epoch=76")
    assert attribute(document, "picture-left", "alt").endswith("standard network, epoch 100")
