"""Hooks of mkdocs.yml: the site's pages are those of the repository, at their paths, so that links between them work.

Results of real runs (report/cifar10/) are included once they exist. Links to other files of the repository lead to
GitHub if GITHUB_REPOSITORY is set, as in GitHub Actions, and are plain text otherwise.
"""

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
RESULTS = "report/cifar10"
INCLUDED = (
    "*.md",
    "docs/*.md",
    "docs/*.jpg",
    "config/README.md",
    "benchmarks/README.md",
    "report/*.png",
    f"{RESULTS}/**/*",
)
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s:]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Add the results to the navigation if they have a page."""
    if (ROOT / RESULTS / "README.md").exists():
        config.nav.insert(2, {"Results on CIFAR-10": f"{RESULTS}/README.md"})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Replace the files of docs/ by those of the repository; keep the theme's."""
    found = {path for pattern in INCLUDED for path in ROOT.glob(pattern) if path.is_file()}
    paths = sorted(path.relative_to(ROOT).as_posix() for path in found)
    pages = [File(path, str(ROOT), config.site_dir, config.use_directory_urls) for path in paths]
    docs = Path(config.docs_dir)
    return Files([*pages, *(file for file in files if file.src_dir is None or Path(file.src_dir) != docs)])


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links to files of the repository that are not in the site elsewhere; dead links stay, for the link check."""
    folder = (ROOT / page.file.src_uri).parent
    repository = os.environ.get("GITHUB_REPOSITORY")

    def replaced(link: re.Match[str]) -> str:
        label, path, _ = link.groups()
        target = (folder / path).resolve()
        if not target.exists() or not target.is_relative_to(ROOT):
            return link[0]
        inside = target.relative_to(ROOT).as_posix()
        if files.get_file_from_path(inside) is not None:
            return link[0]
        return f"[{label}](https://github.com/{repository}/blob/HEAD/{inside})" if repository else label

    return LINK.sub(replaced, markdown)
