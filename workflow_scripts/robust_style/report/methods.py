"""The methods, made from the configuration: what a reader of a paper would ask, and every setting."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.figure.words import spoken
from robust_style.files.atomic import read_json, write_text
from robust_style.provenance.run import package_versions, without_local_paths
from robust_style.report.page import escaped, page, table
from robust_style.score.claims_table import read_claims

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
    """Writes the page `methods` (HTML): data, networks, recipes, pairs, evaluation, statistics, software, hardware.

    `config` is the checked configuration, `meanings` its keys' descriptions, with `*` for names of one's own. `images`
    has title, author, year and licence of each image. `traces` are stylizations whose devices are named. Nothing in
    it names a person's folder or machine.
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
    """Blocks of one kind beside each other: a column each, a row per setting; what all share stands below."""
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
    said = [(code[key], _meaning(meanings[f"{place}.{key}"])) for key in keys if f"{place}.{key}" in meanings]
    return text + f"<details><summary>what the settings mean</summary>{table(('setting', 'meaning'), said)}</details>"


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
    words = f"<p>Unit of replication: the training seed; here {len(seeds)} ({named}), "
    words += "crossed with all pairs of images. What was compared:</p>"
    columns = ["statement", "source", "contrast", "measure"]
    compared = read_claims(claims)[columns].drop_duplicates().to_numpy().tolist()
    lines = ([*map(escaped, row[:3]), f"<code>{escaped(row[3])}</code>"] for row in compared)
    return words + table(("claim", "source", "contrast", "measure"), lines)


def _software() -> str:
    versions = {"python": platform.python_version(), **package_versions()}
    rows = ([escaped(name), escaped(version)] for name, version in versions.items() if version)
    return table(("package", "version"), rows)


def _hardware(config: Config, traces: Sequence[Path]) -> str:
    painted = sorted({_painted_on(path) for path in traces})
    words = "; ".join(painted) or "not recorded"
    return (
        f"<p>{escaped(platform.system())} {escaped(platform.machine())}; device: {escaped(config['device'])}. "
        f"Pictures painted on: {escaped(words)}.</p>"
    )


def _painted_on(path: Path) -> str:
    found = read_json(path)
    try:
        return f"{found['device']}, {found['precision']}, {found['threads']} CPU thread(s)"
    except KeyError as problem:
        raise ResultError(
            f"{path}: expected the trace of a stylization, found no {problem}; delete it and run again"
        ) from None


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
    """Words with code between backticks, as the schema has them."""
    parts = escaped(words).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
