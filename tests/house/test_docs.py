"""What readers of the pages would notice: dead links, unknown make targets, invalid configurations, missing keys."""

import re
from pathlib import Path

import pytest
import yaml

from merged_config import merge, merged
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.schema_page import descriptions, schema_page

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "config" / "schema.yaml"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_link_and_every_make_target_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" in target or (page.parent / target).exists(), target
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)(?:time )?make ([a-z-]+)\b", text, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_the_index_lists_every_page() -> None:
    linked = set(re.findall(r"\]\((\w+\.md)\)", (ROOT / "docs" / "README.md").read_text(encoding="utf-8")))
    assert linked == {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}


def test_no_page_has_the_marks_of_a_merge() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "report").glob("*.rst")]:
        assert not re.search("^(<{7}|>{7}) ", page.read_text(encoding="utf-8"), flags=re.MULTILINE), page.name


def test_the_navigation_of_the_site_has_every_page() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"docs/\w+\.md", text.split("\nnav:")[1]))
    assert named == {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}


@pytest.mark.parametrize("page", ["README.md", "docs/running.md", "docs/gpu.md"])
def test_every_configuration_of_a_page_is_valid(page: str) -> None:
    for block in re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL):
        config = merged("config")
        merge(config, yaml.safe_load(block))
        check_configuration(config, SCHEMA)


def test_the_page_of_the_configuration_is_made_from_the_schema() -> None:
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    page = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    assert page == schema_page(schema), "run `make docs`"
    keys = re.findall(r"^\| `([\w.*]+)` \|", page, flags=re.MULTILINE)
    described = descriptions(SCHEMA)
    assert len(keys) > 100
    assert all(len(described[key]) > 10 for key in keys if key in described)
    assert {"seeds", "training.epochs", "networks.*.width", "transfer.recipes.*.style_weight"} <= described.keys()


def test_the_tests_that_the_page_on_reliability_names_exist() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    for folder, module, function, is_cut in re.findall(r"(\w+)/(test_\w+)(?:: (test_\w+)(…?))?", text):
        files = sorted((ROOT / "tests" / folder).glob(f"{module}*.py"))
        assert files, f"tests/{folder}/{module}.py"
        words = f"def {function}" if is_cut else f"def {function}("
        assert not function or any(words in path.read_text(encoding="utf-8") for path in files), f"{module}: {function}"
