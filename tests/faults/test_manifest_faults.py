"""Results that somebody or something changed: the check says which, stops, and leaves everything where it is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from made_products import (
    BYTES,
    CHANGES,
    KINDS,
    READ_FIRST,
    Products,
    assert_refused,
    contents,
    delete,
    empty,
    extend,
    flip_middle,
    folder_instead,
    make_products,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Products:
    return make_products(tmp_path_factory.mktemp("whole") / "results")


@pytest.fixture
def products(whole: Products, tmp_path: Path) -> Products:
    """A copy to be changed."""
    shutil.copytree(whole.results, tmp_path / "results")
    return Products(tmp_path / "results")


def test_results_that_nobody_touched_pass(products: Products) -> None:
    end = products.check()
    assert end.code == 0, end.log
    assert "counts, ranges and hashes are as expected" in end.log
    listed = len(products.manifest.read_text(encoding="utf-8").splitlines()) - 1
    assert listed == len(contents(products)) - len(("manifest", "provenance", "check"))
    named = products.manifest.read_text(encoding="utf-8")
    assert [kind for kind, name in {**KINDS, **READ_FIRST}.items() if f"\n{name}\t" not in named] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_product_of_any_kind_that_changed_is_named(products: Products, kind: str) -> None:
    path = products.results / KINDS[kind]
    content = path.read_bytes()
    listed = len(contents(products)) - len(("manifest", "provenance"))
    for change in BYTES:
        change(path)
        assert_refused(products, f"1 of {listed} products", str(path))
        path.write_bytes(content)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", READ_FIRST)
def test_what_is_read_before_the_hashes_is_named_too(
    products: Products, kind: str, change: Callable[[Path], None]
) -> None:
    path = products.results / READ_FIRST[kind]
    change(path)
    assert_refused(products, str(path))


def test_two_products_that_changed_places_are_both_named(products: Products) -> None:
    one = products.results / KINDS["picture"]
    other = products.results / KINDS["picture"].replace("epoch_004", "epoch_000")
    content = one.read_bytes(), other.read_bytes()
    one.write_bytes(content[1])
    other.write_bytes(content[0])
    assert_refused(products, "2 of", str(one), str(other))


def test_many_changes_are_counted_and_the_first_of_them_named(products: Products) -> None:
    pictures = sorted((products.results / "comparison").rglob("*.*"))
    for path in pictures:
        extend(path)
    assert len(pictures) > 10
    assert_refused(products, f"{len(pictures)} of", str(pictures[0]))


def edit(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")


MANIFESTS = {
    "a hash": lambda lines: [*lines[:-1], lines[-1][:-1] + ("0" if lines[-1][-1] != "0" else "1")],
    "a path": lambda lines: [*lines[:-1], f"../{lines[-1]}"],
    "no header": lambda lines: lines[1:],
    "another header": lambda lines: ["path\tsha256", *lines[1:]],
    "half a line": lambda lines: [*lines[:-1], lines[-1].split("\t")[0]],
    "a product that there is not": lambda lines: [*lines, "nothing\t1\t" + "0" * 64],
    "a line less": lambda lines: lines[:-1],
    "nothing but its header": lambda lines: lines[:1],
    "nothing": lambda lines: [],
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_was_changed_is_refused(products: Products, name: str) -> None:
    edit(products.manifest, MANIFESTS[name])
    assert_refused(products, str(products.results))


@pytest.mark.parametrize("change", [empty, delete, folder_instead, lambda path: path.write_bytes(b"\xff\xfe\0")])
def test_a_manifest_that_is_none_is_refused(products: Products, change: Callable[[Path], None]) -> None:
    change(products.manifest)
    assert_refused(products, str(products.manifest))


def test_a_manifest_made_again_for_changed_products_is_not_that_of_the_provenance(products: Products) -> None:
    kept = products.provenance.read_bytes()
    flip_middle(products.results / KINDS["picture"])
    products.write_manifest()
    products.provenance.write_bytes(kept)
    assert_refused(products, str(products.manifest))


@pytest.mark.parametrize("change", CHANGES)
def test_a_provenance_that_was_changed_is_named(products: Products, change: Callable[[Path], None]) -> None:
    change(products.provenance)
    assert_refused(products, str(products.provenance))
