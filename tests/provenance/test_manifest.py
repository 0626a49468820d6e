"""The manifest lists products with the hashes in their jobs' records; the check finds every later change."""

import json
import platform
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from made_products import (
    BYTES,
    KINDS,
    READ_FIRST,
    Products,
    assert_refused,
    configuration,
    contents,
    delete,
    folder_instead,
    make_products,
)
from robust_style.errors import ResultError
from robust_style.files.digest import sha256_of_file
from robust_style.provenance.job import JobRecord
from robust_style.provenance.manifest import load_manifest, verify_manifest, write_manifest

RECORD = JobRecord(
    rule="paint", wildcards={}, seed=None, code=None, settings_sha256="", inputs={}, products=0, outputs={},
    python="3.11.9", machine="Linux x86_64", packages={"numpy": "2.0", "torch": None}, torch=None,
)  # fmt: skip


def leave_record(results: Path, name: str, inputs: list[str], outputs: list[str], **changes: object) -> Path:
    for path in outputs:
        (results / path).parent.mkdir(parents=True, exist_ok=True)
        (results / path).write_text(path, encoding="utf-8")
    hashes = {part: sha256_of_file(results / part) for part in (*inputs, *outputs)}
    files = {"inputs": {path: hashes[path] for path in inputs}, "outputs": {path: hashes[path] for path in outputs}}
    record = results / "provenance" / f"{name}.json"
    replace(RECORD, **files, **changes).save(record)
    return record


@pytest.fixture
def results(tmp_path: Path) -> Path:
    leave_record(tmp_path, "fetch/a", [], ["archive"])
    leave_record(tmp_path, "prepare/a", ["archive"], ["set"], packages={"numpy": "2.1"})
    leave_record(tmp_path, "paint/a", ["set"], ["a.png", "a.jpg"], torch={"device": "cpu"})
    leave_record(tmp_path, "paint/gone", ["set"], ["gone.png"], packages={"numpy": "1.0"})
    return tmp_path


def write(results: Path, *products: str) -> Path:
    write_manifest(
        products=[results / name for name in products], config=configuration(),
        run=results / "provenance" / "run.json", manifest=results / "manifest.tsv",
    )  # fmt: skip
    return results / "manifest.tsv"


def test_each_product_is_listed_with_size_hash_and_record(results: Path) -> None:
    (results / "by_hand").mkdir()
    for name in ("index.html", ".snakemake_timestamp"):
        (results / "by_hand" / name).write_text("no job made it")
    rows = {row.path: row for row in load_manifest(write(results, "a.png", "a.jpg", "by_hand"))}
    records = ["provenance/fetch/a.json", "provenance/paint/a.json", "provenance/prepare/a.json"]
    assert list(rows) == ["a.jpg", "a.png", "by_hand/index.html", *records, "provenance/run.json"]
    assert [row.record for row in rows.values()] == [records[1], records[1], "", "", "", "", ""]
    assert all(row.sha256 == sha256_of_file(results / row.path) for row in rows.values())
    assert all(int(row.bytes) == (results / row.path).stat().st_size for row in rows.values())


def test_the_run_record_lists_software_and_devices_of_the_jobs_in_use(results: Path) -> None:
    write(results, "a.png")
    run = json.loads((results / "provenance" / "run.json").read_bytes())
    assert {"2.0", "2.1"} < set(run["software"]["numpy"])
    assert "1.0" not in run["software"]["numpy"]
    assert {"3.11.9", platform.python_version()} == set(run["software"]["python"])
    assert run["devices"] == ["cpu"]


def test_a_product_changed_before_the_manifest_was_written_is_found(results: Path) -> None:
    (results / "a.png").write_text("another picture")
    with pytest.raises(ResultError, match=r"1 of 6 products .*a\.png has sha256"):
        verify_manifest(write(results, "a.png", "a.jpg"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Products:
    return make_products(tmp_path_factory.mktemp("whole") / "results")


@pytest.fixture
def products(whole: Products, tmp_path: Path) -> Products:
    """A copy to be changed."""
    shutil.copytree(whole.results, tmp_path / "results")
    return Products(tmp_path / "results")


def test_unchanged_results_pass(products: Products) -> None:
    end = products.check()
    assert end.code == 0, end.log
    assert "counts, ranges and hashes are as expected" in end.log
    listed = {row.path for row in load_manifest(products.manifest)}
    assert listed == set(contents(products)) - {"manifest.tsv", "check.json"}
    assert listed >= {*KINDS.values(), *READ_FIRST.values(), "provenance/run.json"}


def test_changed_products_are_named_and_counted(products: Products) -> None:
    listed = len(load_manifest(products.manifest))
    for number, name in enumerate(KINDS.values()):
        BYTES[number % len(BYTES)](products.results / name)
    with pytest.raises(ResultError, match=f"{len(KINDS)} of {listed} products") as caught:
        verify_manifest(products.manifest)
    assert str(products.results / sorted(KINDS.values())[0]) in str(caught.value)
    assert_refused(products, f"{len(KINDS)} of {listed} products")


CHANGED_LINES = {
    "a hash": lambda lines: [*lines[:-1], lines[-1].replace(lines[-1].split("\t")[2], "0" * 64)],
    "a path": lambda lines: [*lines[:-1], f"../{lines[-1]}"],
    "another header": lambda lines: ["path\tsha256", *lines[1:]],
    "half a line": lambda lines: [*lines[:-1], lines[-1].split("\t")[0]],
    "a product that does not exist": lambda lines: [*lines, "nothing\t1\t" + "0" * 64 + "\t"],
    "a record that is not listed": lambda lines: [*lines[:-1], f"{lines[-1]}provenance/x.json"],
    "a line less": lambda lines: lines[:-1],
    "nothing": lambda lines: [],
}


@pytest.mark.parametrize("name", CHANGED_LINES)
def test_a_changed_manifest_is_refused(products: Products, name: str) -> None:
    lines = products.manifest.read_text(encoding="utf-8").splitlines()
    products.manifest.write_text("\n".join(CHANGED_LINES[name](lines)) + "\n", encoding="utf-8")
    assert_refused(products, str(products.manifest))


@pytest.mark.parametrize("change", [delete, folder_instead, lambda path: path.write_bytes(b"\xff\xfe\0")])
def test_another_file_in_place_of_the_manifest_or_run_record_is_refused(
    products: Products, change: Callable[[Path], None]
) -> None:
    change(products.provenance)
    assert_refused(products, str(products.provenance))
    change(products.manifest)
    assert_refused(products, str(products.manifest))
