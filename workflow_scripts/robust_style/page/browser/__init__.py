"""What runs in the reader's browser: one template, styles, and scripts without any library, in the order of loading."""

from pathlib import Path

TEMPLATE = "page.html"
STYLES = ("page.css", "look.css", "article.css", "lists.css", "blind.css", "media.css")
SCRIPTS = (
    "elements.js",
    "words.js",
    "catalogue.js",
    "address.js",
    "border.js",
    "stage.js",
    "scrubbers.js",
    "pickers.js",
    "curves.js",
    "panel.js",
    "grid.js",
    "claims.js",
    "forest.js",
    "article.js",
    "blind.js",
    "keys.js",
    "page.js",
)


def read(name: str) -> str:
    """The text of one of these files."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
