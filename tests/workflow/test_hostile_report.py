"""Snakemake's report of a run whose texts are hostile and whose files are personal: it shows them, and that is all.

Nothing is computed: every product that the report needs to be there is there, most of them empty.
"""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from PIL import Image

from browser import CHROMIUM, Page, browser
from checkout import MINIATURE, copy_project, snakemake
from hostile import CANARY, TEXTS, Parsed
from made_results import claim_row, write_claims
from report_reader import complaints, read_report
from robust_style.data.catalogue import COLUMNS
from robust_style.figure.words import plain
from robust_style.report.answer import write_answer

pytestmark = pytest.mark.workflow

SECRET = "planted"
# Names of networks and recipes may end as references of the captions' language do.
STRANGE = {"networks": {"standard_": {"architecture": "vgg19", "regime": "standard", "width": 0.125}}}
OWN_FILES = ("cifar-10-binary.tar.gz", "squeezenet.pth", "theirs.pt", "me.png", "claims.yaml", "sources.tsv")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report in one file, as text."""
    folder = copy_project(tmp_path_factory.mktemp(f"{SECRET} run") / "project")
    own = tmp_path_factory.mktemp(f"{SECRET} home")
    write_configuration(folder, own)
    arguments = (*MINIATURE, "hostile.yaml")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"HOME": str(own), "USER": SECRET, "LOGNAME": SECRET, "SECRET_TOKEN": SECRET}.items():
            patch.setenv(name, value)
        for name in products_of(snakemake(folder, *arguments, "--summary").stdout):
            write_product(folder / name)
        touched = snakemake(folder, "--cores", "1", *arguments, "--touch")
        assert touched.returncode == 0, touched.stdout[-3000:]
        made = snakemake(folder, *arguments, "--report", "report.html")
    assert made.returncode == 0, made.stdout[-3000:]
    return (folder / "report.html").read_text(encoding="utf-8")


def write_configuration(folder: Path, own: Path) -> None:
    """A configuration with a file of one's own wherever there may be one, and hostile words wherever there may be."""
    for name in OWN_FILES:
        (own / name).write_text("of my own", encoding="utf-8")
    (own / "sources.tsv").write_bytes((folder / "config" / "sources.tsv").read_bytes())
    claims = yaml.safe_load((folder / "config" / "claims.yaml").read_text(encoding="utf-8"))
    for block, text in zip(claims["claims"].values(), TEXTS.values(), strict=False):
        block |= {"statement": text, "source": text}
    (own / "claims.yaml").write_text(yaml.safe_dump(claims), encoding="utf-8")
    words = " ".join(plain(text) for name, text in TEXTS.items() if not name.startswith(("long", "many")))
    row = dict.fromkeys(("title", "author", "year", "licence"), words)
    row |= {"name": "mine", "role": "both", "source": f"{own}/me.png"}
    table = ["\t".join(COLUMNS), "\t".join(row.get(column, "") for column in COLUMNS)]
    (own / "images.tsv").write_text("\n".join(table) + "\n", encoding="utf-8")
    sha256 = {"sha256": "0" * 64}
    config = {
        "dataset": {"name": "cifar10", "archive": f"{own}/cifar-10-binary.tar.gz", **sha256},
        "images": [f"{own}/images.tsv", "config/images.tsv"],
        "claims": [f"{own}/claims.yaml"],
        "sources": f"{own}/sources.tsv",
        "raters": {"squeezenet": {"source": f"{own}/squeezenet.pth", **sha256}},
        "networks": {
            **STRANGE["networks"],
            "theirs": {
                "architecture": "vgg19", "regime": "adversarial", "source": f"{own}/theirs.pt", "epoch": 9, **sha256
            },
        },
        "transfer": {"recipes": {"fair_": {"based_on": "fair"}}, "pairs": [{"content": "mine", "style": "op_art"}]},
    }  # fmt: skip
    (folder / "hostile.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def products_of(summary: str) -> Iterator[str]:
    """The paths in the table that `--summary` prints."""
    for line in summary.partition("output_file\t")[2].splitlines()[1:]:
        yield line.split("\t")[0]


def write_product(path: Path) -> None:
    rows = [claim_row(name, statement=text, source=text, reading=text) for name, text in TEXTS.items()]
    if path.name in {"comparison", "workflow"}:
        path.mkdir(parents=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name == "answer.html":
        write_answer(claims=write_claims(path.with_name("of_answer.tsv"), rows), answer=path)
    elif path.suffix in {".jpg", ".png"}:
        Image.new("RGB", (8, 8), "grey").save(path)
    else:
        path.write_text("a product", encoding="utf-8")


@pytest.fixture
def tab(report: str, tmp_path: Path) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    path = tmp_path / "report.html"
    path.write_text(report, encoding="utf-8")
    with browser(tmp_path) as page:
        page.open(path.as_uri())
        yield page


def test_every_view_is_shown(tab: Page) -> None:
    tab.wait("document.querySelectorAll('#app a').length > 5")
    assert read_report(tab).faults == []
    assert tab.tell(f"window.{CANARY}") is None


def test_nothing_runs_in_the_report(tab: Page) -> None:
    tab.wait("document.querySelectorAll('#app a').length > 5")
    listed = tab.tell(
        "Object.entries(categories).flatMap(([category, parts]) => Object.entries(parts).map(([subcategory, paths]) =>"
        "({navbarMode: 'resultinfo', category, subcategory, resultPath: paths[0]})))"
    )
    assert {"Answer", "Methods", "Tables", "Figures"} <= {view["category"] for view in listed}
    for view in listed:
        tab.tell(f"app.setView({json.dumps(view)})")
        rule = tab.tell(f"results[{view['resultPath']!r}].job_properties.rule")
        tab.wait(f"document.body.innerText.includes({rule!r}) && /job parameters/i.test(document.body.innerText)")
    assert tab.tell(f"window.{CANARY}") is None
    assert complaints(tab) == []
    assert [url for url in tab.requests if not url.startswith(("file:", "data:", "about:"))] == []


def test_the_beginning_of_the_answer_stands_in_the_report_as_it_is_written(report: str) -> None:
    """Its landing text has been through two more programs: a template, and a reader of restructured text."""
    shown = Parsed(json.loads(re.search(r"var workflow_desc = (.*);\n", report)[1]))
    text = " ".join(shown.text.split())
    assert f"Of {len(TEXTS)} primary claims" in text
    assert {element for element, *_ in shown.elements}.isdisjoint({"script", "svg", "iframe"})
    images = {tuple(attributes) for element, *attributes in shown.elements if element == "img"}
    assert images <= {("alt", "onerror", "src"), ("alt", "hidden", "onerror", "src")}, "only those of the landing text"
    assert "networks standard, adversarial, standard_, theirs" in text, "no name was taken for a reference"


def test_no_caption_has_an_error(report: str) -> None:
    assert report.count('"caption"') > 20
    assert "system-message" not in report


def test_nothing_personal_is_in_the_report(report: str) -> None:
    embedded = re.findall(r"base64,([A-Za-z0-9+/=]+)", report)
    assert SECRET not in "".join(base64.b64decode(part).decode(errors="replace") for part in embedded)
    places = [report[max(0, found.start() - 80) : found.end() + 20] for found in re.finditer(SECRET, report)]
    assert places == []
