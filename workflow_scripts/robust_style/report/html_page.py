"""A small self-contained HTML page, which can also be embedded in another page."""

import html
from collections.abc import Iterable, Sequence

from robust_style.figure.words import plain

# Scoped to one element: the style of an embedding page is not affected.
_STYLE = """
.robust-style{font:15px/1.5 "DejaVu Sans",Verdana,sans-serif;color:#1a1a1a;max-width:62rem;margin:0 auto;padding:.5rem}
.robust-style h1{font-size:1.5em;line-height:1.25;margin:0 0 .5em}
.robust-style h2{font-size:1.15em;margin:1.6em 0 .4em}
.robust-style p{margin:.5em 0}.robust-style ul{margin:.4em 0;padding-left:1.3em;list-style:disc}
.robust-style table{border-collapse:collapse;width:100%;margin:.6em 0;font-size:.86em}
.robust-style :is(th,td){text-align:left;vertical-align:top;padding:.35em .7em .35em 0;border-top:1px solid #d5d7da}
.robust-style th{font-weight:600;border-top:0;border-bottom:1px solid #5f6368}
.robust-style td.claim{font-weight:600}.robust-style .quiet{color:#5f6368;font-weight:400}
.robust-style .number{white-space:nowrap}.robust-style .verdict{font-weight:600}
.robust-style .lead{font-size:1.12em}.robust-style code{font-size:.95em;background:none;padding:0}
.robust-style summary{cursor:pointer;color:#0b57d0}
@media (max-width:600px){.robust-style table{display:block;overflow-x:auto}}
"""


def page(title: str, body: str) -> str:
    """Return a whole page, in ASCII: it is read correctly in any encoding."""
    text = (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{escaped(title)}</title>\n'
        f'<style>{_STYLE}</style>\n<div class="robust-style">\n{body}\n</div>\n</html>\n'
    )
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def escaped(words: object) -> str:
    """Return the words with HTML's special characters escaped."""
    return html.escape(plain(words))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are HTML, heads are plain text."""
    head = "".join(f"<th>{escaped(words)}</th>" for words in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<tr>{head}</tr>\n{body}\n</table>"


def bullets(items: Iterable[str]) -> str:
    """Return a list of items, which are HTML."""
    return "<ul>\n" + "\n".join(f"<li>{item}</li>" for item in items) + "\n</ul>"
