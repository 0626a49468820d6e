"""The methods page, written from the configuration and the records of the run."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from robust_style.claims.formula import ARCHITECTURES
from robust_style.claims.table import read_claims
from robust_style.figure.words import spoken
from robust_style.files.atomic import write_text
from robust_style.files.trace import Trace
from robust_style.provenance.run import package_versions, without_local_paths
from robust_style.report.html_page import escaped, page, table

Config = dict[str, Any]


def write_methods(
    *,
    config: Config,
    meanings: Mapping[str, str],
    images: Mapping[str, Mapping[str, str]],
    pairs: Sequence[tuple[str, str]],
    claims: Path,
    traces: list[Path],
    methods: Path,
) -> None:
    """Write the page `methods` (HTML): data, networks, recipes, pairs, evaluation, statistics, software, hardware.

    `config` is the checked configuration, `meanings` the descriptions of its keys, with `*` for names that the user
    chooses. `images` has title, author, year and licence of each image. The devices are those of `traces`. The page
    contains no local folder and no machine name. Raises ResultError for a damaged trace or table of claims.
    """
    public = without_local_paths(config)
    sections = (
        ("Data set", _block(public, "dataset", meanings)),
        ("Networks", _blocks(public["networks"], "networks.*", meanings)),
        ("Training", _block(public, "training", meanings)),
        ("Accuracy of a checkpoint", _block(public, "evaluation", meanings)),
        ("Pairs", _pairs(pairs, images)),
        ("Recipes of the style transfer", _blocks(public["transfer"]["recipes"], "transfer.recipes.*", meanings)),
        ("What else bears on the pictures", _transfer(public, meanings)),
        ("Raters", _block(public, "raters", meanings)),
        ("Replication and claims", _claims(public, claims)),
        ("Software", _software()),
        ("Hardware", _hardware(public, traces)),
    )
    body = "<h1>Methods</h1>\n<p>Made from the configuration and the records of this run.</p>\n"
    write_text(methods, page("Methods", body + "\n".join(f"<h2>{title}</h2>\n{text}" for title, text in sections)))


def _block(config: Config, key: str, meanings: Mapping[str, str]) -> str:
    return table(("setting", "value", "meaning"), _settings(config[key], key, meanings))


def _transfer(config: Config, meanings: Mapping[str, str]) -> str:
    kept = {key: value for key, value in config["transfer"].items() if key not in ("recipes", "pairs")}
    return table(("setting", "value", "meaning"), _settings(kept, "transfer", meanings))


def _settings(block: Config, place: str, meanings: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for key, value in block.items():
        if value is not None and value != {}:
            yield f"<code>{escaped(key)}</code>", _value(value), _meaning(meanings.get(f"{place}.{key}", ""))


def _blocks(blocks: Config, place: str, meanings: Mapping[str, str]) -> str:
    """Return a table with a column per block and a row per setting that differs; shared settings follow as text."""
    keys = list(dict.fromkeys(key for block in blocks.values() for key in block))
    cells = {key: [_value(block.get(key)) for block in blocks.values()] for key in keys}
    code = {key: f"<code>{escaped(key)}</code>" for key in keys}
    differing = [key for key in keys if len(set(cells[key])) > 1]
    shared = [key for key in keys if key not in differing and cells[key][0] != "–"]
    rows = ([code[key], *cells[key]] for key in differing)
    names = [*map(spoken, blocks)]
    text = table(("", *names), rows) if differing else f"<p>{escaped(', '.join(names))}.</p>"
    if shared:
        text += "<p>Of all: " + "; ".join(f"{code[key]} {cells[key][0]}" for key in shared) + ".</p>"
    explained = [(code[key], _meaning(meanings[f"{place}.{key}"])) for key in keys if f"{place}.{key}" in meanings]
    meaning_table = table(("setting", "meaning"), explained)
    return text + f"<details><summary>what the settings mean</summary>{meaning_table}</details>"


def _pairs(pairs: Sequence[tuple[str, str]], images: Mapping[str, Mapping[str, str]]) -> str:
    listed = "; ".join(f"{spoken(content)} in the style of {spoken(style)}" for content, style in pairs)
    named = (
        [escaped(spoken(name)), *(escaped(about.get(key, "")) for key in ("title", "author", "year", "licence"))]
        for name, about in images.items()
    )
    return f"<p>{len(pairs)}: {escaped(listed)}.</p>" + table(("image", "title", "author", "year", "licence"), named)


def _claims(config: Config, claims: Path) -> str:
    seeds = config["seeds"]
    named = escaped(", ".join(map(str, seeds)))
    columns = ["statement", "source", "contrast", "measure"]
    read = read_claims(claims)
    has_architectures = (read["unit"] == ARCHITECTURES).any()
    words = (
        f"<p>Unit of replication: the training seed; here {len(seeds)} ({named}), crossed with all pairs of images. "
        f"{'Claims over architectures compare one training per regime of each. ' if has_architectures else ''}"
        "What was compared:</p>"
    )
    compared = read[columns].drop_duplicates().to_numpy().tolist()
    lines = ([*map(escaped, row[:3]), f"<code>{escaped(row[3])}</code>"] for row in compared)
    return words + table(("claim", "source", "contrast", "measure"), lines)


def _software() -> str:
    versions = {"python": platform.python_version(), **package_versions()}
    rows = ([escaped(name), escaped(version)] for name, version in versions.items() if version)
    return table(("package", "version"), rows)


def _hardware(config: Config, traces: Sequence[Path]) -> str:
    devices = {f"{trace.device}, {trace.precision}, {trace.threads} CPU thread(s)" for trace in map(Trace.load, traces)}
    words = "; ".join(sorted(devices)) or "not recorded"
    return (
        f"<p>{escaped(platform.system())} {escaped(platform.machine())}; device: {escaped(config['device'])}. "
        f"Pictures painted on: {escaped(words)}.</p>"
    )


def _value(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_value(inner) for inner in value) or "–"
    if isinstance(value, dict):
        return "; ".join(f"{escaped(key)}: {_value(inner)}" for key, inner in value.items()) or "–"
    return escaped(f"{value:g}" if isinstance(value, float) else value)


def _meaning(words: str) -> str:
    """Return the schema's description as HTML, with backticks as code."""
    parts = escaped(words).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
