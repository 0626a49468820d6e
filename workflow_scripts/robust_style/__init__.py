"""Does adversarial training make a network a better painter, and when?

Packages, in the order of the data flow: `data` (images and labels), `model` (networks and their named layers),
`attack`, `training`, `transfer` (style transfer), `score`, `raters`, `claims` (verdicts), `figure`, `page`, `report`.
Used by all of them: `files` (atomic files, file formats), `messages` (text for errors), `compute` (device,
determinism, random numbers), `provenance` (records of what was done), `workflow` (what the Snakefile needs) and
`commands` (the command line).

To paint from Python: `from robust_style import load_painter, paint` (docs/paint.md).
"""

import importlib

__version__ = "0.2.0"
_LAZY = {
    "paint": "transfer.paint_photo",
    "Progress": "transfer.paint_photo",
    "load_painter": "transfer.painter",
    "Painter": "transfer.painter",
}


def __getattr__(name: str) -> object:
    """Load `paint` and `load_painter` on first use: the Snakefile imports the package without torch."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
