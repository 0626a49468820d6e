"""Nothing that is read can run: no product code asks for a pickle, a shell, an unpacked archive, code from a text."""

import re
from pathlib import Path

import pytest

from dangerous_calls import dangers, dangers_of_rules

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workflow_scripts" / "robust_style"
SOURCES = sorted([*(ROOT / "workflow_scripts").rglob("*.py"), *(ROOT / "envs").glob("*.py")])
RULES = sorted([ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")])
BROWSER = sorted((PACKAGE / "page" / "browser").glob("*.*"))

# What is used all the same, where, and why nothing can come of it.
ALLOWED = {
    ("data/image_decoder.py", "importlib.import_module"): "the name of one optional package, written there",
    (
        "workflow/plausibility.py",
        ".format() of a text that is not written here",
    ): "the messages of a table in this file",
    ("files/checkpoint.py", "torch.load"): "weights_only=True: tensors, numbers, texts, lists and dictionaries",
    ("model/compat.py", "torch.hub"): "only for the next one",
    ("model/compat.py", "torch.hub.load_state_dict_from_url"): "a name that the library imports and calls only with "
    "pretrained=True, which nothing here says",
}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).as_posix()


def found_in(path: Path) -> set[tuple[str, str]]:
    found = dangers(path.read_text(encoding="utf-8"))
    return {(name_of(path), danger.partition(": ")[2]) for danger in found}


ROOMS = sorted({path.parent for path in SOURCES})


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_no_module_runs_what_it_reads(room: Path) -> None:
    for path in room.glob("*.py"):
        assert found_in(path) <= set(ALLOWED), path


def test_every_exception_is_still_one() -> None:
    assert set(ALLOWED) <= {danger for path in SOURCES for danger in found_in(path)}


def test_checkpoints_are_read_in_one_place() -> None:
    readers = [path for path in SOURCES if "torch.load(" in path.read_text(encoding="utf-8")]
    assert [name_of(path) for path in readers] == ["files/checkpoint.py"]


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_no_rule_runs_what_it_reads(path: Path) -> None:
    """Nor has any a shell, to which a name would be words of a command."""
    assert dangers_of_rules(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", BROWSER, ids=lambda path: path.name)
def test_no_script_of_the_page_makes_code_or_markup_of_a_text(path: Path) -> None:
    forbidden = re.compile(
        r"\beval\b|\bFunction\b|innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
        r"|srcdoc|javascript:|setTimeout\(\s*[\"'`]|setInterval\(\s*[\"'`]|\bimport\(|importScripts|\bfetch\(|\bpostMessage"
    )
    assert forbidden.findall(path.read_text(encoding="utf-8")) == []


CAUGHT = {
    "import pickle": "1: pickle",
    "import pickle as harmless\nharmless.loads(x)": "2: pickle.loads",
    "from pickle import loads as read\nread(x)": "2: pickle.loads",
    "def f():\n    import dill": "2: dill",
    "from os import system\nlist(map(system, x))": "2: os.system",
    "import os\nos.execv(a, b)": "2: os.execv",
    "import torch\ntorch.load(path)": "2: torch.load() without weights_only=True",
    "import torch as t\nt.load(path, weights_only=False)": "2: torch.load(weights_only=False)",
    "import torch\ntorch.load(path, weights_only=given)": "2: torch.load(weights_only=given)",
    "import torch\nread = torch.load": "2: torch.load",
    "import numpy as np\nnp.load(path, allow_pickle=True)": "2: numpy.load(allow_pickle=True)",
    "import numpy as np\nnp.load(path)": "2: numpy.load",
    "import numpy as np\nnp.lib.format.read_array(f)": "2: numpy.lib.format.read_array() without allow_pickle=False",
    "import yaml\nyaml.load(f, Loader=yaml.SafeLoader)": "2: yaml.load",
    "from yaml import UnsafeLoader": "1: yaml.UnsafeLoader",
    "eval(text)": "1: eval",
    "exec(text)": "1: exec",
    "compile(text, '', 'exec')": "1: compile",
    "__import__(name)": "1: __import__",
    "import importlib\nimportlib.import_module(name)": "2: importlib.import_module",
    "import subprocess\nsubprocess.run(line, shell=True)": "2: subprocess.run(shell=True)",
    "import subprocess\nsubprocess.run(line)": "2: subprocess.run() of something that is no list of words",
    "archive.extractall(folder)": "1: .extractall()",
    "tarfile.open(x).extract(member)": "1: .extract()",
    "import shutil\nshutil.unpack_archive(x)": "2: shutil.unpack_archive",
    "import marshal": "1: marshal",
    "import shelve": "1: shelve",
    "from jinja2 import Template": "1: jinja2.Template",
    "import pandas as pd\npd.read_pickle(x)": "2: pandas.read_pickle",
    "table.query(f'{a} > 1')": "1: .query() of a text",
    "table.eval(text)": "1: .eval() of an argument",
    "text.format(value)": "1: .format() of a text that is not written here",
    "import requests\nrequests.get(url, verify=False)": "2: requests.get(verify=False)",
    "from PIL import ImageFile\nImageFile.LOAD_TRUNCATED_IMAGES = True": "2: LOAD_TRUNCATED_IMAGES",
    "import xml.etree.ElementTree as tree": "1: xml.etree.ElementTree",
}
PASSED = (
    "network.eval()",
    "cKDTree(sites).query(places, k=2)",
    "import subprocess\nsubprocess.run(['git', 'status'], check=True)",
    "archive.extractfile(member)",
    "import yaml\nyaml.safe_load(text)",
    "'{}'.format(value)",
    "import re\nre.compile(text)",
    "from importlib.resources import files",
)


@pytest.mark.parametrize(("source", "expected"), CAUGHT.items())
def test_what_is_meant_is_caught(source: str, expected: str) -> None:
    assert expected in dangers(source)


@pytest.mark.parametrize("source", PASSED)
def test_what_only_looks_like_it_passes(source: str) -> None:
    assert dangers(source) == []


@pytest.mark.parametrize(
    "line",
    [
        "eval(x)", "os.system(x)", "import pickle", "yaml.load(x)", "x.extractall(y)", "y = np.load(z)",
        "rule x:\n    shell:\n        'rm {input}'", "rule x:\n    run:\n        print(1)",
    ],
)  # fmt: skip
def test_what_is_meant_is_caught_in_rules(line: str) -> None:
    assert dangers_of_rules(f"rule all:\n    input: 'x'\n\n{line}\n") != []


def test_words_in_comments_and_texts_of_rules_pass() -> None:
    assert dangers_of_rules("# eval(x)\nmessage: 'exec(x) and shell: y'\nyaml.safe_load(z)\n") == []
