"""The tables of a study's report: settings, published figures, test and cost."""

from morelli.evaluation.metrics import Score
from morelli.markup import share_of
from morelli.reporting.page import Block, Table, Text
from morelli.runs.page import saved
from morelli.studies.figures import ACCURACY, COMPARED, SettingFigures, SplitFigures, StudyResults
from morelli.studies.folder import Study
from morelli.studies.recipe import Row
from morelli.studies.trials import PRUNED, Trial


def settings_table(study: Study) -> Table:
    """Return the table of all settings, the best by val first."""
    results = study.results
    rows = sorted(results.settings, key=lambda row: row.rank)
    tested = any(row.test for row in rows)
    searched = study.recipe.search == "tpe"
    others = other_scores(results)
    columns = ["network", "dropout", "lr"]
    columns += ["hidden", "decay", "smoothing"] if searched else []
    columns += ["epoch", "val", "95 % interval", *(score.label for score in others), "p"]
    columns += ["test", "95 % interval"] if tested else []
    return Table(
        caption="Every setting, the best on val first",
        columns=tuple(columns),
        rows=tuple(_setting_cells(row, results, searched, tested) for row in rows),
        right=tuple(range(1, len(columns))),
        marked=(rows.index(results.best),),
        note="Epoch: the best by val. p: that of McNemar's exact test against the chosen setting "
        "on val, after Holm's correction; a large one means that these works cannot distinguish "
        "the two. The chosen setting's figure on val is optimistic, since it was chosen by it."
        + (" Every listed row was read on test, as its recipe asks." if tested else ""),
    )


def other_scores(results: StudyResults) -> list[Score]:
    """Return the scores besides accuracy that the settings of a study have on val."""
    val = [row.val for row in results.settings if row.val is not None]
    return [score for score in COMPARED[1:] if any(score.name in figures.scores for figures in val)]


def _setting_cells(
    row: SettingFigures, results: StudyResults, searched: bool, tested: bool
) -> tuple[str, ...]:
    cells = [row.backbone, f"{row.dropout:.3g}", f"{row.lr:.2g}"]
    if searched:
        cells += [str(row.hidden), f"{row.weight_decay:.2g}", f"{row.label_smoothing:.2g}"]
    others = other_scores(results)
    if row.val is None:
        return (*cells, "failed", *[""] * (3 + len(others) + (2 if tested else 0)))
    works = results.works
    cells += [str(row.best_epoch), accuracy_text(row.val, works["val"]), interval_text(row.val)]
    cells += [score_text(score, row.val, works["val"]) for score in others]
    cells.append("given up" if row.state == PRUNED else _p(row.p_holm))
    if tested and row.test is not None:
        cells += [accuracy_text(row.test, works["test"]), interval_text(row.test)]
    return tuple(cells)


def score_text(score: Score, figures: SplitFigures, works: int) -> str:
    """Return a score for a table: of one seed and few works a count, if it is a share of them."""
    value = figures.scores.get(score.name)
    if value is None or figures.spread is None:
        return score.text(value, works)
    return f"{value:.4f}"


def accuracy_text(figures: SplitFigures, works: int) -> str:
    """Return an accuracy for a table; of several seeds their mean with its deviation."""
    accuracy = score_text(ACCURACY, figures, works)
    return accuracy if figures.spread is None else f"{accuracy} ± {figures.spread:.4f}"


def interval_text(figures: SplitFigures) -> str:
    """Return the interval of an accuracy for a table."""
    return f"{figures.low:.3f} to {figures.high:.3f}"


def _p(value: float | None) -> str:
    if value is None:
        return "chosen"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def published_blocks(study: Study) -> list[Block]:
    """Return the published figures beside ours, where the recipe has them."""
    trials = {trial.number: trial for trial in study.trials()}
    works = study.results.works["test"]
    rows = tuple(
        _published_cells(published, row, works, trials[row.number])
        for published, row in zip(study.recipe.rows, study.results.settings, strict=False)
        if published.published is not None or published.published_seconds is not None
    )
    if not rows:
        return []
    columns = ("network", "dropout", "lr", "epochs", "slides", "ours", "difference")
    return [
        Table(
            caption="The slides' test accuracies beside ours",
            columns=(*columns, "slides, an epoch", "ours, an epoch"),
            rows=rows,
            right=tuple(range(1, 9)),
            note="Ours, an epoch: training the head on features that are there; see Cost for the "
            "features.",
        )
    ]


def _published_cells(row: Row, ours: SettingFigures, works: int, trial: Trial) -> tuple[str, ...]:
    difference = ""
    if row.published is not None and ours.test is not None:
        difference = f"{ours.test.accuracy - row.published:+.4f}"
    return (
        row.backbone,
        f"{row.dropout:g}",
        f"{row.lr:g}",
        str(row.epochs),
        "not given" if row.published is None else f"{row.published:.4f}",
        "failed" if ours.test is None else share_of(ours.test.accuracy, works),
        difference,
        "" if row.published_seconds is None else f"{row.published_seconds:,.0f} s",
        _epoch_seconds(trial),
    )


def _epoch_seconds(trial: Trial) -> str:
    seconds = [epoch.seconds for head in trial.heads for epoch in head.epochs]
    return f"{sum(seconds) / len(seconds):.3f} s" if seconds else ""


def chosen_table(study: Study) -> Table:
    """Return the chosen setting's figures on test, a row for each seed."""
    results, works = study.results, study.results.works["test"]
    test, spreads = results.test, results.test.spreads
    others = [score for score in COMPARED[1:] if score.name in test.means]
    rows = []
    for one in test.seeds:
        low, high = one.metrics.accuracy_interval
        cells = (str(one.seed), share_of(one.metrics.accuracy, works), f"{low:.3f} to {high:.3f}")
        rows.append(
            (*cells, *(score.text(one.metrics.score(score.name), works) for score in others))
        )
    if spreads:
        mean = {name: f"{test.means[name]:.4f} ± {spread:.4f}" for name, spread in spreads.items()}
        cells = ("mean ± deviation", mean["accuracy"], "")
        rows.append((*cells, *(mean[score.name] for score in others)))
    return Table(
        caption="Test accuracy of the chosen setting",
        columns=("seed", "accuracy", "95 % interval", *(score.label for score in others)),
        rows=tuple(rows),
        right=tuple(range(1, 3 + len(others))),
        note="Always answering the commonest class gives "
        f"{share_of(results.majority['test'], works)}. "
        + (
            "Test was read for every listed row."
            if study.recipe.rows
            else "Test was read for this setting alone, after it was chosen."
        ),
    )


def cost_blocks(study: Study) -> tuple[Block, ...]:
    """Return what features and heads of each network took, and what the cache has saved."""
    costs, works = study.results.cost, study.results.works
    rows, sentences = [], []
    for name, cost in costs.items():
        rows.append(
            (
                name,
                f"{cost.seconds_features:.1f} s",
                f"{cost.extracted:,}",
                f"{cost.seconds_heads:.1f} s",
                f"{cost.heads:,}",
                f"{cost.seconds_heads / cost.epochs:.3f} s" if cost.epochs else "",
            )
        )
        spared = saved(works, cost.epochs, cost.extracted, cost.seconds_features)
        sentences.append(f"{name}: {spared[0].lower()}{spared[1:]}")
    heads = sum(cost.seconds_heads for cost in costs.values())
    whole = heads + sum(cost.seconds_features for cost in costs.values())
    table = Table(
        "What it took",
        ("network", "features", "works extracted", "heads", "heads trained", "an epoch of one"),
        tuple(rows),
        right=(1, 2, 3, 4, 5),
        note=f"Training all heads took {heads:.1f} s, {heads / whole if whole else 0:.0%} of "
        f"features and heads together ({whole:.1f} s).",
    )
    return table, Text(tuple(sentences))
