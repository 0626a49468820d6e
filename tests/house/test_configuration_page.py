"""config/README.md describes the configuration; it is made from the schema and must not fall behind."""

from pathlib import Path

import yaml

from robust_style.workflow.schema_page import schema_page

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_made_from_the_schema() -> None:
    schema = yaml.safe_load((ROOT / "config" / "schema.yaml").read_text(encoding="utf-8"))
    assert (ROOT / "config" / "README.md").read_text(encoding="utf-8") == schema_page(schema), "run `make docs`"


def test_every_key_is_described() -> None:
    schema = yaml.safe_load((ROOT / "config" / "schema.yaml").read_text(encoding="utf-8"))
    waiting = [("", schema)]
    while waiting:
        place, part = waiting.pop()
        if isinstance(part.get("additionalProperties"), dict):
            waiting.append((f"{place}.*", part["additionalProperties"]))
        for key, inner in part.get("properties", {}).items():
            assert len(inner.get("description", "")) > 10, f"{place}.{key} has no description"
            waiting.append((f"{place}.{key}", inner))
            if "items" in inner:
                waiting.append((f"{place}.{key}[]", inner["items"]))
