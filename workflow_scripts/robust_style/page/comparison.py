"""The page to explore the pictures, offline: a folder, and an edition in one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robust_style.files.atomic import whole_folder, write_text
from robust_style.page import browser
from robust_style.page.content import page_content
from robust_style.page.images import ImageStore
from robust_style.page.offline import data_script, index_of_folder, one_file

INDEX = "index.html"
DATA = "data.js"
# The axes of a picture's `at`, and the parts of an address that its two pictures share, in the same order.
_AXES = ("recipes", "networks", "seeds", "epochs", "contents", "styles")
_COMMON = ("seed", "epoch", "content", "style")


def build_comparison(
    *,
    traces: list[Path],
    evaluations: list[Path],
    table: Path,
    by_iteration: Path | None,
    claims: Path | None,
    images: Mapping[str, Path],
    folder: Path,
    edition: Path,
    title: str,
) -> None:
    """Write the page as `folder`, which contains an index.html, and its edition in one file.

    The folder's page loads images when they are displayed and contains every snapshot of the optimisation; the edition
    contains only finished pictures, of the first seed and those that claims name. `images` maps names to the prepared
    contents and styles; without `by_iteration` or `claims` these parts are left out. Raises ResultError if a file is
    missing or damaged, if there is no picture at all, or if the table lacks a picture's scores.
    """
    store = ImageStore()
    content = page_content(
        traces=traces,
        evaluations=evaluations,
        table=table,
        by_iteration=by_iteration,
        claims=claims,
        images=images,
        title=title,
        store=store,
    )
    template = browser.read(browser.TEMPLATE)
    styles = {name: browser.read(name) for name in browser.STYLES}
    scripts = {name: browser.read(name) for name in browser.SCRIPTS}
    with whole_folder(folder) as unfinished:
        store.save(unfinished)
        data = {DATA: data_script({**content, "images": store.names()})}
        for name, text in {**styles, **scripts, **data}.items():
            (unfinished / name).write_text(text, encoding="utf-8")
        index = index_of_folder(template, styles, {**data, **scripts}, title)
        (unfinished / INDEX).write_text(index, encoding="utf-8")
    smaller = _edition(content)
    data = {DATA: data_script({**smaller, "images": store.uris(_numbers_of_images(smaller))})}
    write_text(edition, one_file(template, styles, {**data, **scripts}, title))


def _edition(content: dict[str, Any]) -> dict[str, Any]:
    """What the edition contains: pictures without snapshots, of the first seed and those that claims name."""
    named = [claim[side] for claim in content["claims"] for side in ("strongestFor", "strongestAgainst") if claim[side]]
    # Recipe, network, seed, epoch, content and style, as addresses and `at` have them.
    addresses = {
        (address.get(recipe, address["recipe"]), address[network], *(address[name] for name in _COMMON))
        for address in (*named, content["opening"])
        for recipe, network in (("recipe", "left"), ("right_recipe", "right"))
    }
    names = [[str(one["slug"] if isinstance(one, dict) else one) for one in content[axis]] for axis in _AXES]

    def is_kept(picture: Mapping[str, Any]) -> bool:
        address = tuple(name[number] for name, number in zip(names, picture["at"], strict=True))
        return picture["at"][_AXES.index("seeds")] == 0 or address in addresses

    pictures = [
        {**picture, "steps": [], "thumbnail": picture["image"]} for picture in content["pictures"] if is_kept(picture)
    ]
    return {**content, "pictures": pictures}


def _numbers_of_images(content: dict[str, Any]) -> set[int]:
    return {item["image"] for kind in ("pictures", "contents", "styles") for item in content[kind]}
