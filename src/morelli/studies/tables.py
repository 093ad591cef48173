"""The tables of a study's report: settings, published figures, test and cost."""

from typing import Any

from morelli.reporting.page import Block, Table, Text
from morelli.runs.page import saved
from morelli.studies.folder import Study


def settings_table(study: Study) -> Table:
    """Return the table of all settings, the best by val first."""
    rows = study.results["settings"]
    order = sorted(rows, key=_rank)
    tested = any("test_accuracy" in row for row in rows)
    searched = study.recipe.search == "tpe"
    columns = ["network", "dropout", "lr"]
    columns += ["hidden", "decay", "smoothing"] if searched else []
    columns += ["epoch", "val", "95 % interval", "macro-F1", "p"]
    columns += ["test", "95 % interval"] if tested else []
    best = study.results["chosen"]
    chosen = [place for place, row in enumerate(order) if row["number"] == best]
    return Table(
        caption="Every setting, the best on val first",
        columns=tuple(columns),
        rows=tuple(_setting_cells(row, searched, tested) for row in order),
        right=tuple(range(1, len(columns))),
        marked=tuple(chosen),
        note="Epoch: the best by val. p: that of McNemar's exact test against the chosen setting "
        "on val, after Holm's correction; a large one means that these works cannot tell the two "
        "apart. The chosen setting's figure on val is optimistic, since it was chosen by it."
        + (" Every listed row was read on test, as its recipe asks." if tested else ""),
    )


def _rank(row: dict[str, Any]) -> tuple[float, float, int]:
    """Order rows as trials are chosen: by accuracy, then loss, then number; failed ones last."""
    return -row.get("val_accuracy", -1.0), row.get("val_loss", 0.0), row["number"]


def _setting_cells(row: dict[str, Any], searched: bool, tested: bool) -> tuple[str, ...]:
    cells = [row["backbone"], f"{row['dropout']:.3g}", f"{row['lr']:.2g}"]
    if searched:
        cells += [str(row["hidden"]), f"{row['weight_decay']:.2g}", f"{row['label_smoothing']:.2g}"]
    if row["state"] == "failed":
        return (*cells, "failed", *[""] * (6 if tested else 4))
    spread = f" ± {row['val_spread']:.4f}" if row["val_spread"] is not None else ""
    cells += [str(row["best_epoch"]), f"{row['val_accuracy']:.4f}{spread}"]
    cells += [f"{row['val_low']:.3f} to {row['val_high']:.3f}", f"{row['val_macro_f1']:.4f}"]
    cells.append("given up" if row["state"] == "pruned" else _p(row["p_holm"]))
    if tested:
        cells += [f"{row['test_accuracy']:.4f}", f"{row['test_low']:.3f} to {row['test_high']:.3f}"]
    return tuple(cells)


def _p(value: float | None) -> str:
    if value is None:
        return "chosen"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def published_blocks(study: Study) -> list[Block]:
    """Return the published figures beside ours, where the recipe has them."""
    rows = [
        (row, each)
        for row, each in zip(study.recipe.rows, study.results["settings"], strict=False)
        if row.published is not None or row.published_seconds is not None
    ]
    if not rows:
        return []
    cells = []
    for row, each in rows:
        ours = each.get("test_accuracy")
        beside = row.published is not None and ours is not None
        cells.append(
            (
                row.backbone,
                f"{row.dropout:g}",
                f"{row.lr:g}",
                str(row.epochs),
                "not given" if row.published is None else f"{row.published:.4f}",
                "failed" if ours is None else f"{ours:.4f}",
                f"{ours - row.published:+.4f}" if beside else "",
                "" if row.published_seconds is None else f"{row.published_seconds:,.0f} s",
                _epoch_seconds(study, each),
            )
        )
    columns = ("network", "dropout", "lr", "epochs", "slides", "ours", "difference")
    return [
        Table(
            caption="The slides' test accuracies beside ours",
            columns=(*columns, "slides, an epoch", "ours, an epoch"),
            rows=tuple(cells),
            right=tuple(range(1, 9)),
            note="Ours, an epoch: training the head on features that are there; see Cost for the "
            "features.",
        )
    ]


def _epoch_seconds(study: Study, row: dict[str, Any]) -> str:
    trial = next(each for each in study.trials() if each.number == row["number"])
    epochs = [epoch for head in trial.heads for epoch in head.epochs]
    return f"{sum(each.seconds for each in epochs) / len(epochs):.3f} s" if epochs else ""


def test_table(study: Study) -> Table:
    """Return the chosen setting's figures on test, a row for each seed."""
    test = study.results["test"]
    rows = []
    for each in test["seeds"]:
        low, high = each["accuracy_interval"]
        row = (str(each["seed"]), f"{each['accuracy']:.4f}", f"{low:.3f} to {high:.3f}")
        rows.append((*row, f"{each['macro_f1']:.4f}"))
    if len(rows) > 1:
        figures = ("accuracy", "macro_f1")
        spreads = [f"{test[name]:.4f} ± {test[f'{name}_spread']:.4f}" for name in figures]
        rows.append(("mean ± deviation", spreads[0], "", spreads[1]))
    majority = study.results["majority"]["test"]
    return Table(
        caption="Test accuracy of the chosen setting",
        columns=("seed", "accuracy", "95 % interval", "macro-F1"),
        rows=tuple(rows),
        right=(1, 2, 3),
        note=f"Always answering the commonest class gives {majority:.4f}. "
        + (
            "Test was read for every listed row."
            if study.recipe.rows
            else "Test was read for this setting alone, after it was chosen."
        ),
    )


def cost_blocks(study: Study) -> tuple[Block, ...]:
    """Return what features and heads of each network took, and what the cache has saved."""
    rows, told, heads, features = [], [], 0.0, 0.0
    works = study.results["works"]
    for name, each in study.results["cost"].items():
        trained, epochs = each.get("seconds_heads", 0.0), each.get("epochs", 0)
        rows.append(
            (
                name,
                f"{each['seconds_features']:.1f} s",
                f"{each['extracted']:,}",
                f"{trained:.1f} s",
                f"{each.get('heads', 0):,}",
                f"{trained / epochs:.3f} s" if epochs else "",
            )
        )
        heads, features = heads + trained, features + each["seconds_features"]
        spared = saved(works, epochs, each["extracted"], each["seconds_features"])
        told.append(f"{name}: {spared[0].lower()}{spared[1:]}")
    share = heads / (heads + features) if heads + features else 0.0
    table = Table(
        "What it took",
        ("network", "features", "works extracted", "heads", "heads trained", "an epoch of one"),
        tuple(rows),
        right=(1, 2, 3, 4, 5),
        note=f"Training all heads took {heads:.1f} s, {share:.0%} of features and heads together "
        f"({heads + features:.1f} s).",
    )
    return table, Text(tuple(told))
