"""The page of made results, as the workflow builds it."""

from pathlib import Path

from made_results import MadeResults
from robust_style.page.comparison import build_comparison
from robust_style.score.collect import collect_scores


def build_page(folder: Path, made: MadeResults, title: str) -> Path:
    table, page = folder / "scores.tsv", folder / "page" / "index.html"
    collect_scores(scores=made.scores, evaluations=made.evaluations, table=table)
    build_comparison(
        traces=made.traces,
        evaluations=made.evaluations,
        table=table,
        contents=made.images,
        styles=made.images,
        page=page,
        title=title,
    )
    return page
