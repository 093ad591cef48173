"""What the figures of a study say, in a paragraph."""

from morelli.features.weights import RANDOM
from morelli.markup import counted, share_of
from morelli.studies.figures import SettingFigures, StudyResults, best_of_networks

APART = 0.05
"""The p below which a setting is said to be worse than the chosen one."""


def conclusion_of(results: StudyResults) -> str:
    """Return what a study's figures say."""
    failed, weights = len(results.failed), results.cost[results.best.backbone].weights
    sentences = [
        _chosen(results),
        _tested(results),
        _compared(results),
        _other_networks(results),
        f"{counted(failed, 'trial')} failed." if failed else "",
        "Its weights were random: this says what it costs, not how good it is."
        if weights == RANDOM
        else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _chosen(results: StudyResults) -> str:
    best = results.best
    return (
        f"On val the best is {best.backbone} with dropout {best.dropout:.3g} and learning rate "
        f"{best.lr:.3g}: {_val_share(best, results)}."
    )


def _tested(results: StudyResults) -> str:
    test, works = results.test, results.works["test"]
    low, high = test.seeds[0].metrics.accuracy_interval
    majority = share_of(results.majority["test"], works, ".1%")
    seeds = ""
    if test.spreads:
        seeds = f" (mean of {len(test.seeds)} seeds, deviation {test.spreads['accuracy']:.1%})"
    return (
        f"On {counted(works, 'test work')} it classifies {share_of(test.accuracy, works, '.1%')} "
        f"correctly{seeds} (95 % interval {low:.1%} to {high:.1%}), macro-F1 "
        f"{test.means['macro_f1']:.3f}; always answering the commonest class gives {majority}."
    )


def _compared(results: StudyResults) -> str:
    compared = [row.p_holm for row in results.settings if row.p_holm is not None]
    if not compared:
        return ""
    close = sum(p >= APART for p in compared)
    return (
        f"Of {counted(len(compared), 'other setting')}, {close} cannot be distinguished from it "
        f"on {counted(results.works['val'], 'work')} of val (McNemar's test, p {APART} or more "
        "after Holm's correction)"
    ) + (", so that the choice among them is open." if close else ".")


def _other_networks(results: StudyResults) -> str:
    """Return a sentence on the best settings of the other networks."""
    others = [
        f"{row.backbone} {_val_share(row, results)}"
        + (" (not distinguished)" if row.p_holm is not None and row.p_holm >= APART else "")
        for row in best_of_networks(results.settings)
        if row.backbone != results.best.backbone
    ]
    return f"Best of the other networks, on val: {', '.join(others)}." if others else ""


def _val_share(row: SettingFigures, results: StudyResults) -> str:
    return share_of(row.val_accuracy, results.works["val"], ".1%")
