"""README, CONTRIBUTING and the pages of docs/: links, make targets and configurations are real ones."""

import re
from pathlib import Path

import pytest
import yaml

from merged_config import merge, merged
from robust_style.workflow.settings import checked

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RUNNING = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_configuration_on_running_is_valid() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README + RUNNING, flags=re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        config = merged("config")
        merge(config, yaml.safe_load(block))
        checked(config, ROOT / "config" / "schema.yaml")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_link_and_picture_exists(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)(?:time )?make ([a-z-]+)\b", text, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\((\w+\.md)\)", index))
    assert linked == {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 120
