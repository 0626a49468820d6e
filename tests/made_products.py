"""A folder with a product of every kind that a run makes, its manifest, and the check of it as the workflow runs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from made_results import (
    claim_row,
    make_reconstructions,
    make_results,
    write_by_iteration,
    write_claims,
)
from merged_config import merged
from robust_style.figure.claims_forest import draw_claims_forest
from robust_style.files.atomic import write_bytes, write_json
from robust_style.page.comparison import build_comparison
from robust_style.report.answer import write_answer
from robust_style.report.methods import write_methods
from robust_style.score.evaluation_tables import collect_evaluations
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.schema_page import descriptions
from rule_script import Outcome, run_script

SCHEMA = Path(__file__).resolve().parents[1] / "config" / "schema.yaml"
PICTURE = "stylized/fair/adversarial/seed_0/epoch_004/rocket--flow_field"
# One of each kind, below the folder of the results.
KINDS = {
    "data set": "data/phototiles.npz",
    "prepared image": "images/rocket.png",
    "checkpoint": "checkpoints/adversarial/seed_0/epoch_004.pt",
    "evaluation": "evaluation/adversarial/seed_0/epoch_004.json",
    "picture": f"{PICTURE}.png",
    "preview": f"{PICTURE}.jpg",
    "trace": f"{PICTURE}.json",
    "snapshots": f"{PICTURE}.snapshots.png",
    "animation": f"{PICTURE}.gif",
    "score": "scores/fair/adversarial/seed_0/epoch_004/rocket--flow_field.json",
    "judgement": "ratings/adversarial/seed_0.json",
    "reconstructions": "reconstructions/adversarial/seed_0/epoch_004.png",
    "scores by iteration": "scores_by_iteration.tsv",
    "claims": "claims.tsv",
    "evaluations": "evaluations.tsv",
    "figure": "figures/claims_forest.png",
    "figure as SVG": "figures/claims_forest.svg",
    "page": "comparison/index.html",
    "script of the page": "comparison/page.js",
    "data of the page": "comparison/data.js",
    "style of the page": "comparison/look.css",
    "page in one file": "comparison.html",
    "answer": "answer.html",
    "methods": "methods.html",
}  # fmt: skip
# These two are read by the check itself.
READ_FIRST = {"scores": "scores.tsv", "record of reconstructions": "reconstructions/adversarial/seed_0/epoch_004.json"}
CHECKED: Mapping[str, Any] = {
    "pictures": 4, "controls": 0, "reconstructions": 4, "last_epochs": {"standard": 4, "adversarial": 4},
    "painters": [],
}  # fmt: skip
LIMITS = {"adversarial": {"clean_accuracy": [0.1, 0.9], "robust_accuracy": [0.0, 0.9]}}


@dataclass(frozen=True)
class Products:
    """The results of a run: two networks, two checkpoints of each, one pair."""

    results: Path

    @property
    def manifest(self) -> Path:
        return self.results / "manifest.tsv"

    @property
    def provenance(self) -> Path:
        return self.results / "provenance" / "run.json"

    @property
    def verdict(self) -> Path:
        """What the check writes when all is well."""
        return self.results / "check.json"

    def listed(self) -> list[Path]:
        """Every product, the page as a folder."""
        others = {self.manifest, self.provenance, self.verdict}
        paths = [path for path in self.results.rglob("*") if path.is_file() and path not in others]
        return [*(path for path in paths if "comparison" not in path.parts), self.results / "comparison"]

    def write_manifest(self) -> None:
        end = run_script(
            "write_manifest",
            self.results.parent / "write_manifest.log",
            input={"products": self.listed()},
            output={"manifest": self.manifest, "provenance": self.provenance},
            params={"config": configuration()},
        )
        assert end.code == 0, end.log

    def check(self, **params: Any) -> Outcome:
        records = sorted((self.results / "reconstructions").rglob("*.json"))
        evaluations = self.results.parent / "evaluations.tsv"
        if not evaluations.exists():
            evaluations.write_text("network\tseed\tepoch\twarnings\n", encoding="utf-8")
        return run_script(
            "check_results",
            self.results.parent / "check_results.log",
            input={
                "manifest": self.manifest,
                "provenance": self.provenance,
                "table": self.results / "scores.tsv",
                "evaluations": evaluations,
                "records": records,
                "products": self.listed(),
            },
            output={"check": self.verdict},
            params={**CHECKED, "expected": LIMITS, **params},
        )


@cache
def configuration() -> dict[str, Any]:
    """The published one."""
    return check_configuration(merged("config"), SCHEMA)


def make_products(results: Path) -> Products:
    """Writes them and their manifest."""
    made = make_results(results, recipes=("fair",), epochs=(0, 4), pairs=(("rocket", "flow_field"),), size=(16, 16))
    made.collect(results / "scores.tsv")
    (results / "moments.tsv").unlink()
    write_by_iteration(results / KINDS["scores by iteration"], made.traces)
    collect_evaluations(
        evaluations=made.evaluations, table=results / KINDS["evaluations"], history=results / "history.tsv"
    )
    make_reconstructions(results, epochs=(0, 4), layers=1, size=(16, 16))
    for trace in made.traces:
        with Image.open(trace.with_suffix(".png")) as picture:
            picture.save(trace.with_suffix(".gif"))
    for evaluation in made.evaluations:
        checkpoint = results / "checkpoints" / evaluation.relative_to(results / "evaluation").with_suffix(".pt")
        write_bytes(checkpoint, bytes(range(256)))
    write_bytes(results / KINDS["data set"], bytes(range(256)))
    write_json(results / KINDS["judgement"], [])
    claims = write_claims(results / KINDS["claims"], [claim_row()])
    (results / "figures").mkdir()
    draw_claims_forest(claims=claims, figure=results / KINDS["figure"], vector=results / KINDS["figure as SVG"])
    build_comparison(
        traces=made.traces, evaluations=made.evaluations, table=results / "scores.tsv", by_iteration=None,
        claims=claims, images=made.images, folder=results / "comparison", edition=results / KINDS["page in one file"],
        title="A page",
    )  # fmt: skip
    write_answer(claims=claims, answer=results / KINDS["answer"])
    write_methods(
        config=configuration(), meanings=descriptions(SCHEMA), images={}, pairs=[], claims=claims,
        traces=made.traces, methods=results / KINDS["methods"],
    )  # fmt: skip
    products = Products(results)
    products.write_manifest()
    return products


def contents(products: Products) -> dict[str, bytes]:
    every = (path for path in products.results.rglob("*") if path.is_file())
    return {path.relative_to(products.results).as_posix(): path.read_bytes() for path in every}


def assert_refused(products: Products, *words: str, **params: object) -> None:
    """The check ends with one sentence that has these words, and touches nothing."""
    before = contents(products)
    end = products.check(**params)
    assert end.code == 1
    for word in words:
        assert word in end.error
    assert contents(products) == before
    assert not products.verdict.exists()


def flip(path: Path) -> None:
    """Changes one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def extend(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def delete(path: Path) -> None:
    path.unlink()


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


BYTES = (flip, cut, extend, delete)
