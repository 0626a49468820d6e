"""`robust-style app` in a real browser: upload, paint, stop, download. Skipped where gradio is not installed."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from browser import CHROMIUM, browser
from robust_style.commands.main import main
from robust_style.transfer.picture_file import read_record

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("standard", "adversarial")
has_gradio = importlib.util.find_spec("gradio") is not None


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of a running app and its process. It needs no proxy."""
    process = subprocess.Popen(
        [sys.executable, "-m", "robust_style", "app"], cwd=tmp_path_factory.mktemp("empty"),
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow_scripts"), "http_proxy": "http://127.0.0.1:9"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        yield process.stdout.readline().split()[0], process
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Traceback" not in errors


@pytest.fixture(scope="module")
def tab(served, tmp_path_factory):
    """The app in a browser. It asks for nothing from other machines."""
    address, _ = served
    with browser(tmp_path_factory.mktemp("profile")) as page:
        page.open(address)
        page.wait("document.querySelector('#paint')")
        yield page
        assert {url for url in page.requests if not url.startswith((address, "data:", "blob:", "about:"))} == set()


def upload(tab, name, path):
    """Puts the file at `path` into the image `name` of the page."""
    tab.wait(f"document.querySelector('#{name} input[type=file]')")
    found = tab.send("Runtime.evaluate", expression=f"document.querySelector('#{name} input[type=file]')")
    tab.send("DOM.setFileInputFiles", files=[str(path)], objectId=found["result"]["objectId"])
    tab.wait(f"document.querySelector('#{name} img')")


def choose(tab, name, value):
    """Sets a slider of the page through its number field."""
    tab.tell(f"""(() => {{ const field = document.querySelector('#{name} input[type=number]'); field.value = {value};
        field.dispatchEvent(new Event('input', {{bubbles: true}})); field.dispatchEvent(new Event('change')); }})()""")


def source(tab, name):
    return tab.tell(f"document.querySelector('#{name} img')?.src ?? ''")


needs_a_browser = pytest.mark.skipif(not has_gradio or CHROMIUM is None, reason="needs gradio and Chromium")


@needs_a_browser
def test_both_painters_paint_what_was_uploaded(tab, tmp_path):
    Image.fromarray(data.astronaut()[:200, 100:300]).save(tmp_path / "photo.jpg")
    Image.fromarray(data.coffee()[:200, 100:300]).save(tmp_path / "painting.png")
    upload(tab, "photo", tmp_path / "photo.jpg")
    upload(tab, "painting", tmp_path / "painting.png")
    choose(tab, "size", 64)
    choose(tab, "iterations", 20)
    tab.tell("document.querySelector('#paint').click()")
    tab.wait("document.querySelector('#standard img') && document.querySelector('#adversarial img')")
    first = {name: source(tab, name) for name in NAMES}
    tab.wait("document.querySelector('#state').innerText.endsWith('done')")
    tab.wait(" && ".join(f"document.querySelector('#{name} img').src !== '{first[name]}'" for name in NAMES))
    assert source(tab, "standard") != source(tab, "adversarial")
    tab.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "downloads"))
    pictures = {}
    for name in NAMES:
        path = tmp_path / "downloads" / f"photo--painting.{name}.png"
        tab.tell(f"document.querySelector('#download-{name}').click()")
        for _ in range(300):
            if path.exists():
                break
            tab.tell("new Promise(done => setTimeout(done, 50))")
        assert read_record(path)["settings"]["painter"] == name
        pictures[name] = np.asarray(Image.open(path))
    assert {picture.shape for picture in pictures.values()} == {(64, 64, 3)}
    assert (pictures["standard"] != pictures["adversarial"]).any()


@needs_a_browser
def test_stop_keeps_the_pictures(tab):
    choose(tab, "iterations", 300)
    tab.tell("document.querySelector('#paint').click()")
    tab.wait("/standard iteration [1-9].*iteration [1-9].* of 850/.test(document.querySelector('#state').innerText)")
    tab.tell("document.querySelector('#stop').click()")
    tab.wait("document.querySelector('#state').innerText.endsWith('stopped')")
    assert all(source(tab, name) for name in NAMES)


@needs_a_browser
def test_an_example_is_chosen_and_painting_without_a_painting_is_one_sentence(tab):
    tab.open(tab.tell("location.href"))
    tab.wait("document.querySelectorAll('.gallery-item').length === 9")
    tab.tell("document.querySelector('.gallery-item').click()")
    tab.wait("document.querySelector('#photo img')?.src.includes('astronaut')")
    tab.tell("document.querySelector('#paint').click()")
    tab.wait("document.body.innerText.includes('Choose a photo and a painting first.')")


@pytest.mark.skipif(has_gradio, reason="gradio is installed")
def test_without_gradio_one_sentence_says_what_to_install(capsys):
    with pytest.raises(SystemExit, match="1"):
        main(["app"])
    assert capsys.readouterr().err == 'error: the app needs the package gradio: pip install "gradio>=6,<7"\n'
