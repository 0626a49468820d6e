"""A reader of Snakemake's report, who opens every category, subcategory and toggle value in a real browser."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from browser import Page

# What every report of Snakemake writes to the console, and what a browser writes about a page within a page.
USUAL = ("console.log", "tailwind", 'unique "key"', "Invalid DOM property", "Blocked autofocusing")
MENU = "nav .p-3 a"


@dataclass
class Reading:
    """What a reader saw: the paths of the results by view, and what was wrong."""

    seen: dict[str, set[str]] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)
    toggles: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def open_report(tab: Page, path: Path) -> None:
    tab.open(path.as_uri())
    tab.wait(f"document.querySelectorAll('{MENU}').length > 3")


def read_report(tab: Page) -> Reading:
    """Click through the open report. A view that cannot be shown is a fault, and so is a result that is in no view."""
    reading = Reading()
    categories = tab.tell("categories")
    for category, subcategories in categories.items():
        for subcategory, paths in subcategories.items():
            view = f"{category} / {subcategory}"
            click_link(tab, category)
            if len(subcategories) > 1:
                click_link(tab, subcategory)
            _read_view(tab, view, reading)
            if missing := set(paths) - reading.seen[view]:
                reading.faults.append(f"{view}: no row leads to {', '.join(sorted(missing))}")
            if _is_blank(tab):
                open_report(tab, Path(tab.tell("decodeURIComponent(location.pathname)")))
            else:
                tab.tell("document.querySelector('nav nav ol a').click()")
                tab.wait(f"document.querySelector('{MENU}')?.innerText === 'Workflow'")
    reading.faults += complaints(tab)
    return reading


def click_link(tab: Page, words: str) -> None:
    """Click the link with these words in the report's menu."""
    found = tab.tell(
        f"(() => {{ const link = [...document.querySelectorAll('{MENU}')].find(one => one.innerText.trim() === "
        f"{json.dumps(words)}); link?.click(); return Boolean(link) }})()"
    )
    assert found, f"no link {words}"


def complaints(tab: Page) -> list[str]:
    """What the report wrote to the console, without the usual lines."""
    tab.tell("0")  # takes note of what was said meanwhile
    return [words for words in tab.complaints if not any(usual in words for usual in USUAL)]


def landing_box(tab: Page) -> dict[str, float]:
    """The place of the landing text in the window, in CSS pixels; `end` is its lower edge after scrolling down."""
    return tab.tell(
        "(() => { const text = document.querySelector('.landing'); let box = text.parentElement;"
        " while (box && !/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement;"
        " const {left, right, top, bottom} = text.getBoundingClientRect(); box.scrollTop = 1e6;"
        " const end = text.getBoundingClientRect().bottom; box.scrollTop = 0;"
        " return {left, right, top, bottom, end} })()"
    )


def _read_view(tab: Page, view: str, reading: Reading) -> None:
    reading.seen[view] = set()
    if _is_blank(tab):
        reading.faults.append(f"{view}: blank")
        return
    reading.columns[view] = tab.tell(
        "[...document.querySelectorAll('nav th')].map(head => head.innerText.toLowerCase())"
    )
    reading.toggles[view] = tab.tell(
        "[...document.querySelectorAll('nav fieldset label')].map(label => label.innerText)"
    )
    for toggle in range(max(1, len(reading.toggles[view]))):
        if reading.toggles[view]:
            tab.tell(f"document.querySelectorAll('nav fieldset input')[{toggle}].click()")
        for row in range(tab.tell("document.querySelectorAll('nav tbody tr').length")):
            if fault := _read_row(tab, row, reading.seen[view]):
                reading.faults.append(f"{view}, row {row + 1}, toggle {toggle + 1}: {fault}")
                return


def _read_row(tab: Page, row: int, seen: set[str]) -> str | None:
    """Follow the row's link to its result; what is wrong, or None."""
    link = f"document.querySelectorAll('nav tbody tr')[{row}].querySelector('a')"
    if download := tab.tell(f"{link}?.download"):
        seen.update(path for path in tab.tell("Object.keys(results)") if Path(path).name == download)
        return None
    tab.tell(f"{link}?.click()")
    if _is_blank(tab):
        return "blank"
    path, content = tab.tell("[app.state.resultPath, app.state.content]")
    seen.add(path)
    if content == "img":
        tab.wait("document.querySelector('.grow img')?.complete")
        place = "(({left, top}) => [left, top])(document.querySelector('.grow img').getBoundingClientRect())"
        if min(tab.tell(place)) < 0:
            return f"{path} begins outside the window"
    shown = {
        "img": "document.querySelector('.grow img')?.naturalWidth > 0",
        "html": "document.querySelector('iframe')?.src",
    }
    return None if tab.tell(f"Boolean({shown[content]})") else f"{path} is not shown"


def _is_blank(tab: Page) -> bool:
    """True if the report shows nothing: React removes everything after an error."""
    return not tab.tell("new Promise(done => setTimeout(() => done(Boolean(document.querySelector('#app nav'))), 0))")
