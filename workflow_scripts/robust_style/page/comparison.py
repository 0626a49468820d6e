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
    contains the finished pictures only. `images` maps names to the prepared contents and styles; without `by_iteration`
    or `claims` these parts are left out. Raises ResultError if a file is missing or damaged, if there is no picture at
    all, or if the table lacks a picture's scores.
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
    finished = _finished_only(content)
    data = {DATA: data_script({**finished, "images": store.uris(_numbers_of_images(finished))})}
    write_text(edition, one_file(template, styles, {**data, **scripts}, title))


def _finished_only(content: dict[str, Any]) -> dict[str, Any]:
    pictures = [{**picture, "steps": [], "thumbnail": picture["image"]} for picture in content["pictures"]]
    return {**content, "pictures": pictures}


def _numbers_of_images(content: dict[str, Any]) -> set[int]:
    return {item["image"] for kind in ("pictures", "contents", "styles") for item in content[kind]}
