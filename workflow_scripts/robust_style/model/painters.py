"""The networks that come with the package, to paint with: the source `painter:NAME` of a network.

Standard library and PyYAML only: the Snakefile imports it.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from robust_style.errors import ConfigError
from robust_style.messages import did_you_mean, quoted

FOLDER = Path(__file__).resolve().parents[1] / "painters"
CARD = "painters.yaml"
_SCHEME = "painter:"
# Keys of a network in the configuration that the card states.
_KEYS = ("architecture", "width", "regime", "sha256", "epoch")


@cache
def painters() -> dict[str, dict[str, Any]]:
    """The card: name -> how the painter was trained, its accuracies, and its file's hash."""
    return dict(yaml.safe_load((FOLDER / CARD).read_text(encoding="utf-8")))


def is_painter(source: object) -> bool:
    """True for a source of the form `painter:NAME`."""
    return isinstance(source, str) and source.startswith(_SCHEME)


def painter_file(name: str) -> Path:
    """The file of the painter `name`, or of a source `painter:NAME`. Raises ConfigError for an unknown name."""
    name = name.removeprefix(_SCHEME)
    if name not in painters():
        raise ConfigError(
            f"there is no painter {quoted(name)}{did_you_mean(name, painters())}; there are {', '.join(painters())}"
        )
    return FOLDER / f"{name}.safetensors"


def painter_settings(source: str) -> dict[str, Any]:
    """The keys of a network in the configuration that follow from its source `painter:NAME`; none if it is unknown."""
    card = painters().get(source.removeprefix(_SCHEME), {})
    return {key: card[key] for key in _KEYS if key in card}
