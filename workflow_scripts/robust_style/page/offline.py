"""One HTML file that can load nothing from anywhere."""

import base64
import hashlib
import html
import json
from string import Template


def one_file(*, template: str, style: str, script: str, title: str, data: object) -> str:
    """The template with style, script, title and data in it, and a policy that forbids everything else.

    The template names $policy, $style, $title, $data and $script. The policy allows this very style, this very
    script and images that are part of the file; a script smuggled in with the data would have another hash.
    """
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash_of(style)}; script-src {_hash_of(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(template).substitute(
        policy=policy, style=style, script=script, title=html.escape(title), data=script_safe_json(data)
    )


def script_safe_json(data: object) -> str:
    """JSON that can stand inside a script element: no `<`, so neither `</script>` nor `<!--` can end or hide it."""
    return json.dumps(data, allow_nan=False, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")


def _hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
