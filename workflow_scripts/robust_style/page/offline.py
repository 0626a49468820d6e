"""The page's HTML under a policy that allows no connection: for a folder, or as one file."""

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from string import Template

from robust_style.figure.words import plain

# The icon: two colours, like the two sides of the slider.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='8' height='16' "
    "fill='%230072b2'/%3E%3Crect x='8' width='8' height='16' fill='%23d55e00'/%3E%3C/svg%3E"
)
CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'"
# 'self' is nothing when a file is opened from the disk, in some browsers; `file:` is nothing when it is served.
BESIDE = "'self' file:"


def index_of_folder(template: str, styles: Mapping[str, str], scripts: Mapping[str, str], title: str) -> str:
    """The HTML of a page whose styles and scripts lie beside it under their names.

    The template names $policy, $icon, $title, $styles and $scripts. The policy allows files of the page's own folder
    or server to be shown, styled and run, and forbids every connection.
    """
    return Template(template).substitute(
        policy=f"{CLOSED}; img-src {BESIDE} data:; style-src {BESIDE}; script-src {BESIDE}",
        icon=ICON,
        title=html.escape(plain(title)),
        styles="\n".join(f'<link rel="stylesheet" href="{name}">' for name in styles),
        scripts="\n".join(f'<script src="{name}" defer></script>' for name in scripts),
    )


def one_file(template: str, styles: Mapping[str, str], scripts: Mapping[str, str], title: str) -> str:
    """The HTML of a page that holds its styles and scripts, under a policy that allows these very ones by their hash.

    A script smuggled in with the data would change the hash of the data's script, which is computed here from what
    `script_safe_json` wrote.
    """
    of_styles, of_scripts = (" ".join(map(_hash_of, texts.values())) for texts in (styles, scripts))
    return Template(template).substitute(
        policy=f"{CLOSED}; img-src data:; style-src {of_styles}; script-src {of_scripts}",
        icon=ICON,
        title=html.escape(plain(title)),
        styles="\n".join(f"<style>{text}</style>" for text in styles.values()),
        scripts="\n".join(f"<script>{text}</script>" for text in scripts.values()),
    )


def data_script(data: object) -> str:
    """The script that gives the page's data: a file opened from the disk may run a script, but not fetch a text."""
    return f'"use strict";\nconst DATA = {script_safe_json(data)};\n'


def script_safe_json(data: object) -> str:
    """JSON that can stand inside a script element: no `<`, so neither `</script>` nor `<!--` can end or hide it."""
    return json.dumps(data, allow_nan=False, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")


def _hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
