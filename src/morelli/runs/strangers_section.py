"""The part of a run's report on "none of these": what is kept, and which strangers are declined."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from morelli.data.pictures import pictures_of
from morelli.errors import BadFolder
from morelli.markup import counted
from morelli.reporting.page import Block, Chart, Gallery, Picture, Section, Table, Text
from morelli.reporting.pictures import thumbnail
from morelli.reporting.scores import scores_figure
from morelli.reporting.vector import svg_text
from morelli.runs.folder import PREDICTIONS, STRANGERS, Run
from morelli.runs.predictions import task_of

SHOWN = 10
"""Strangers in the gallery."""

UNTRIED = (
    "It was not tried on strangers: morelli train --unknown-from COLLECTION does so, with works by "
    "makers that are not learned."
)

OVERLAP = "; where the two hills overlap, strangers cannot be told from known works"


def strangers_section(run: Run) -> Section:
    """Return how many known works a run's classifier keeps, and how many strangers it declines."""
    found = run.metrics["test"]["none_of_these"]
    blocks: list[Block] = [Text((strangers_said(run),)), _chart(run, found)]
    if found["strangers"]:
        blocks += [_table(found["strangers"], task_of(run)), *_mistaken(run, found["limit"])]
    return Section("None of these", tuple(blocks))


def strangers_said(run: Run) -> str:
    """Return in a sentence or two how well a run's classifier declines."""
    found = run.metrics["test"]["none_of_these"]
    low, high = found["kept_interval"]
    said = (
        f"Of {counted(found['works'], 'test work')}, {found['kept']:.1%} are kept (95 % interval "
        f"{low:.1%} to {high:.1%}) and the rest is answered with none of these, by a limit that "
        "keeps 95 % of val."
    )
    strangers = found["strangers"]
    if not strangers:
        return f"{said} {UNTRIED}"
    low, high = strangers["declined_interval"]
    makers = counted(len(strangers["classes"]), f"unknown {task_of(run)}")
    return (
        f"{said} Of {counted(strangers['works'], 'work')} of {makers}, {strangers['declined']:.1%} "
        f"are declined ({low:.1%} to {high:.1%}); AUROC {strangers['auroc']:.3f} "
        f"({strangers['auroc_interval'][0]:.3f} to {strangers['auroc_interval'][1]:.3f})."
    )


def _chart(run: Run, found: dict[str, Any]) -> Chart:
    table = pq.read_table(run.folder / PREDICTIONS, columns=["split", "strangeness"])
    known = _numbers(table.filter(pc.equal(table["split"], "test")), "strangeness")
    kinds = {f"{counted(len(known), 'test work')}, known": known}
    if found["strangers"]:
        strange = _numbers(pq.read_table(run.folder / STRANGERS), "strangeness")
        kinds[f"{counted(len(strange), 'work')} by strangers"] = strange
    title = "How unlike the works learned from"
    middles = "; ".join(f"{name}: median {np.median(each):.2f}" for name, each in kinds.items())
    described = (
        f"{middles}; declined above {found['limit']:.2f}. About 0 is usual on val"
        f"{OVERLAP if found['strangers'] else ''}."
    )
    figure = scores_figure(
        {name: each.tolist() for name, each in kinds.items()}, found["limit"], title
    )
    return Chart(title, svg_text(figure, title, described), described)


def _numbers(table: Any, column: str) -> npt.NDArray[np.float64]:
    return np.array(table[column].to_pylist(), np.float64)


def _table(strangers: dict[str, Any], task: str) -> Table:
    by_share = sorted(strangers["classes"].items(), key=lambda each: -each[1]["declined"])
    return Table(
        "Strangers by maker" if task == "artist" else f"Strangers by {task}",
        (task, "works", "declined"),
        tuple((name, f"{each['works']:,}", f"{each['declined']:.0%}") for name, each in by_share),
        right=(1, 2),
        note="Who paints like a known painter is seldom declined. The intervals above are over "
        "works; over makers they are wider, since works of one maker are alike.",
    )


def _mistaken(run: Run, limit: float) -> list[Block]:
    """Return a gallery of strangers that were kept, those surest of a wrong name first."""
    table = pq.read_table(run.folder / STRANGERS)
    names = json.loads(table.schema.metadata[b"class_names"])
    told = np.exp(np.array(table["log_probabilities"].to_pylist(), np.float64))
    sure = np.where(_numbers(table, "strangeness") <= limit, told.max(axis=1), -1.0)
    chosen = [at for at in np.argsort(-sure, kind="stable")[:SHOWN].tolist() if sure[at] >= 0]
    rows = table.take(pa.array(chosen, pa.int64())).to_pylist()
    places = [(row["shard"], row["row"]) for row in rows]
    try:
        pictures = pictures_of(run.about["unknown"], places, [row["work_id"] for row in rows])
    except BadFolder as error:
        return [Text((f"There are no pictures of strangers: {error}.",))]
    shown = tuple(
        Picture(
            thumbnail(pictures[place]),
            f"Work of {row['class']}, told to be of {names[told[at].argmax()]}",
            (f"is {row['class']}", f"told: {names[told[at].argmax()]} ({sure[at]:.1%})"),
        )
        for at, row, place in zip(chosen, rows, places, strict=True)
    )
    note = "Works of unknown makers that were not declined, the surest of a wrong name first."
    return [Gallery("Strangers taken for known makers", shown, note)] if shown else []
