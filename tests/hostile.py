"""Hostile texts in place of names, titles and sentences, and results with them."""

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

from made_results import MadeResults, edited, make_results

# What a script smuggled in by one of them would do; whoever can do this can do anything.
CANARY = "hit"
RUN = f"window.{CANARY}=1"
OUTSIDE = "https://outside.invalid/"

TEXTS = {
    "script": f"<script>{RUN}</script>",
    "end_of_script": f"</script><script>{RUN}</script>",
    "cdata": f"]]><script>{RUN}</script><![CDATA[",
    "image": f'<img src="{OUTSIDE}" onerror="{RUN}">',
    "attribute": f'"><svg onload="{RUN}">',
    "address": f"javascript:{RUN}",
    "jinja": "{{ 7 * 7 }}{% for x in y %}{# z #}",
    "template": "$title ${title} $$ $nothing %s %(x)s {0} {x}",
    "directive": f".. raw:: html\n\n   <script>{RUN}</script>\n",
    "mathtext": "$x^2$ and $\\alpha$",
    "broken_mathtext": "$\\frac{1}$ and $x^{",
    "one_dollar": "costs 5 $",
    "lines": "one\ntwo\r\nthree\rfour\tfive",
    "separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "controls": "a\x00b\x08c\x1b[31md\x7fe\x9bf",
    "reversed": "gpj.\u202eexe.\u2066x",
    "not_a_character": "a\uffffb\ufffec",
    "unicode": "é e\u0301 漢字 עברית 🎨 Ωμέγα",
    "long_word": "w" * 5000,
    "prototype": "__proto__",
}
# The same places with nothing in them that could be mistaken for anything.
HARMLESS = {name: f"text {number}" for number, name in enumerate(TEXTS)}


def labelled_results(folder: Path, texts: Mapping[str, str]) -> MadeResults:
    """A picture per text, which is the name of its recipe, network, regime, content and style."""
    made = MadeResults()
    names = {}
    for number, text in enumerate(texts.values()):
        recipe, network, content, style = (f"{kind}{number}" for kind in ("r", "n", "c", "s"))
        names |= dict.fromkeys((recipe, network, content, style), text)
        make_results(
            folder, networks=(network,), recipes=(recipe,), epochs=(4,), pairs=((content, style),), size=(16, 16),
            made=made,
        )  # fmt: skip
    rename(made, names)
    for path in [*made.traces, *made.scores, *made.evaluations]:
        with edited(path) as record:
            labels = record.get("labels", record)
            labels["regime"] = labels["network"]
    return made


def rename(made: MadeResults, names: Mapping[str, str], records: Sequence[Path] = ()) -> None:
    """Gives recipes, networks, contents and styles other names, in the records only: files stay where they are."""
    for path in [*made.traces, *made.scores, *made.evaluations, *records]:
        with edited(path) as record:
            labels = record.get("labels", record)
            for kind in {"recipe", "network", "content", "style"} & set(labels):
                labels[kind] = names[labels[kind]]
    images = {names[name]: path for name, path in made.images.items()}
    made.images.clear()
    made.images.update(images)


class Parsed(HTMLParser):
    """A page as its reader's program takes it: every element with its attributes' names, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, ...]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *sorted(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data
