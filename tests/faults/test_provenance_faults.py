"""The record of a run knows itself and its manifest, byte by byte."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from made_products import CHANGES, Products, make_products
from robust_style.errors import ResultError
from robust_style.provenance.run import verify_provenance


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Products:
    return make_products(tmp_path_factory.mktemp("whole") / "results")


@pytest.fixture
def products(whole: Products, tmp_path: Path) -> Products:
    """Record and manifest, to be changed."""
    products = Products(tmp_path / "results")
    for path in (products.provenance, products.manifest):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(whole.results / path.relative_to(products.results), path)
    return products


def at_every_twentieth_byte(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    for at in range(0, len(content), 20):
        yield content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_a_provenance_is_whole_only_as_it_was_written(products: Products) -> None:
    own = {"provenance": products.provenance, "manifest": products.manifest}
    verify_provenance(**own)
    for content in at_every_twentieth_byte(products.provenance):
        products.provenance.write_bytes(content)
        with pytest.raises(ResultError, match=re.escape(str(products.provenance))):
            verify_provenance(**own)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("changed", ["provenance", "manifest"])
def test_a_provenance_knows_itself_and_its_manifest(
    products: Products, changed: str, change: Callable[[Path], None]
) -> None:
    change(getattr(products, changed))
    with pytest.raises(ResultError, match="as it was written, found"):
        verify_provenance(provenance=products.provenance, manifest=products.manifest)


@pytest.mark.parametrize("content", ["[]", "null", "3", "{}", '{"sha256": 1}', "[" * 100_000, "NaN", "\ufeff{}"])
def test_a_provenance_of_another_form_is_refused(products: Products, content: str) -> None:
    products.provenance.write_text(content, encoding="utf-8")
    with pytest.raises(ResultError, match="as it was written, found"):
        verify_provenance(provenance=products.provenance, manifest=products.manifest)
