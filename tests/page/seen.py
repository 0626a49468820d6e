"""What a reader sees on the page, told by the browser."""

from browser import Page


def alt(tab: Page, side: str) -> str:
    return tab.tell(f"document.getElementById('picture-{side}').alt")


def source(tab: Page, side: str) -> str:
    return tab.tell(f"document.getElementById('picture-{side}').getAttribute('src')")


def text(tab: Page, selector: str) -> str:
    """The text of an element as it is shown; nothing where it is hidden."""
    return tab.tell(f"document.querySelector({selector!r}).innerText")


def texts(tab: Page, selector: str) -> list[str]:
    return tab.tell(f"[...document.querySelectorAll({selector!r})].map(one => one.innerText)")


def count(tab: Page, selector: str) -> int:
    return tab.tell(f"document.querySelectorAll({selector!r}).length")


def move(tab: Page, element: str, value: object) -> None:
    """Sets a slider or a list as a reader does."""
    tab.tell(
        f"(() => {{ const it = document.getElementById({element!r}); it.value = {value!r};"
        "for (const kind of ['input', 'change']) it.dispatchEvent(new Event(kind, {bubbles: true}))})()"
    )


def click(tab: Page, selector: str) -> None:
    tab.tell(f"document.querySelector({selector!r}).click()")


def address(tab: Page) -> dict[str, str]:
    return tab.tell("Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")


def back(tab: Page) -> None:
    tab.tell("new Promise(done => { addEventListener('popstate', () => done(), {once: true}); history.back() })")


def row(tab: Page, words: str) -> list[str]:
    """The two values of a score."""
    rows = texts(tab, ".scores tbody tr")
    return next(one for one in rows if one.startswith(words)).split("\t")[1:]
