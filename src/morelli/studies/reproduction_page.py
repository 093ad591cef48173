"""The report of a reproduction: the slides' figures beside ours, and what the difference may be."""

from pathlib import Path
from shlex import quote
from statistics import fmean

from morelli.errors import writing
from morelli.features.weights import RANDOM
from morelli.markup import counted
from morelli.reporting.page import Command, Page, Section, Table, Text
from morelli.reporting.report import write_report
from morelli.studies.reproduction import Reproduction
from morelli.studies.tables import cost_blocks, published_blocks, settings_table, test_table

KNOWN = (
    "Known: the slides' networks were frozen, and so are ours, in eval mode; their head, loss, "
    "batch, epochs, dropout, learning rates, augmentation and 60/20/20 split are used here.",
    "Known: at a learning rate of 1e-5 a head has barely moved after seven epochs; the slides' "
    "accuracy on val is still rising in the last line, and so may ours be (see Learning in the "
    "report of the slides' rows). Such rows compare how far a head has come, not networks.",
)
"""What is known of differences from the slides."""

UNKNOWN = (
    "Not known: the slides' optimiser (Adam is our assumption), their seeds, and the order in "
    "which works were shown. At the higher rates their accuracy on val is far below that on "
    "train, from the first epoch on; a stream read in class order gives such a picture. Ours is "
    "shuffled by seed and epoch.",
    "Not known: whether the slides' subset held Unknown Artist, by far the largest class. Both are "
    "run here, each beside its majority baseline: with that class, accuracy rises by what always "
    "answering it would give.",
    "Not known: how much is memory. A random split puts copies and series on both sides.",
)
"""What is not known of them."""


def write_reproduction_report(made: Reproduction) -> Path:
    """Write the report of a reproduction into its folder and return its path."""
    path = made.folder / "report.html"
    with writing(made.folder):
        write_report(path, reproduction_page(made))
    return path


def reproduction_page(made: Reproduction) -> Page:
    """Return the page of a reproduction."""
    source = ", ".join(f"{key} {value}" for key, value in made.about["source"].items())
    works = made.slides.results["works"]
    parts = " / ".join(f"{works[name]:,}" for name in ("train", "val", "test"))
    return Page(
        kind="reproduction",
        title="The study, reproduced",
        asked=(
            ("Question", "Do the study's figures come out again, and what do they show?"),
            ("Source", source),
            ("Four artists", f"{', '.join(_artists(made))}: {parts} in train / val / test"),
            ("Views", f"{counted(made.about['views'], 'random view')} of each training work"),
        ),
        conclusion=f"{_conclusion(made)} {made.grid.conclusion}",
        sections=(
            Section("The slides' rows", tuple(published_blocks(made.slides))),
            Section("The sampled subset", (_subset_table(made),)),
            Section("The whole grid", (settings_table(made.grid), test_table(made.grid))),
            Section(
                "What is and is not known of the difference",
                (Text((*KNOWN, _precision(made))), Text(UNKNOWN)),
            ),
            Section("Cost of the slides' rows", cost_blocks(made.slides)),
            Section("More", (Text(_more(made)),)),
            Section("How to repeat it", (_repeat(made),)),
        ),
        warnings=_warnings(made),
    )


def _artists(made: Reproduction) -> list[str]:
    return list(made.slides.chosen.metrics["test"]["classes"])


def _conclusion(made: Reproduction) -> str:
    """Return how many of the slides' accuracies lie within our intervals."""
    rows = [
        (row.published, each)
        for row, each in zip(made.slides.recipe.rows, made.slides.results["settings"], strict=True)
        if row.published is not None and "test_accuracy" in each
    ]
    within = sum(each["test_low"] <= slides <= each["test_high"] for slides, each in rows)
    higher = sum(each["test_low"] > slides for slides, each in rows)
    return (
        f"Of {len(rows)} accuracies that the slides print, {within} lie within our 95 % interval, "
        f"{higher} below it and {len(rows) - within - higher} above it."
    )


def _precision(made: Reproduction) -> str:
    """Return a sentence on how much our accuracies on the slides' rows may differ by chance."""
    rows = [each for each in made.slides.results["settings"] if "test_accuracy" in each]
    half = fmean((each["test_high"] - each["test_low"]) / 2 for each in rows)
    works = counted(made.slides.results["works"]["test"], "test work")
    return (
        f"Known: {works} give intervals of about {100 * half:.0f} points to either side, so that "
        "smaller differences mean nothing."
    )


def _subset_table(made: Reproduction) -> Table:
    rows = []
    for name, run in made.subsets.items():
        test, split = run.metrics["test"], run.about["split"]
        low, high = test["accuracy_interval"]
        parts = " / ".join(f"{split[side]:,}" for side in ("train", "val", "test"))
        row = ["with" if name.endswith("unknown") else "without", parts]
        row += [str(len(test["classes"])), "0.5111", f"{test['accuracy']:.4f}"]
        rows.append(
            (*row, f"{low:.3f} to {high:.3f}", f"{test['macro_f1']:.4f}", f"{test['majority']:.4f}")
        )
    columns = ("Unknown Artist", "works", "classes", "slides", "ours", "95 % interval")
    return Table(
        caption="ResNet18, dropout 0.4, learning rate 1e-4, 5 epochs, on a sample of all artists",
        columns=(*columns, "macro-F1", "majority"),
        rows=tuple(rows),
        right=tuple(range(2, 8)),
        note="The slides do not say whether Unknown Artist was a class. Their subset has 5,000 / "
        "1,667 / 1,667 works; where the source has fewer, all are taken and split 60/20/20.",
    )


def _more(made: Reproduction) -> tuple[str, ...]:
    return (
        "Each part has a report of its own, with learning curves, confusion matrices and pictures: "
        "slides/report.html, grid/report.html, "
        + " and ".join(f"{name}/report.html" for name in made.subsets)
        + ", in this report's folder.",
    )


def _warnings(made: Reproduction) -> tuple[str, ...]:
    said = []
    if made.slides.chosen.about["backbone"]["origin"] == RANDOM:
        said.append(
            "The networks' weights were random, for no trained ones were given: this shows that "
            "the study runs and what it costs, not how good the networks are."
        )
    if made.about["source"].get("repository") != "huggan/wikiart":
        said.append(
            "The source is not the Hub's huggan/wikiart: artists and works are not the slides', "
            "and their figures stand here for orientation only."
        )
    return tuple(said)


def _repeat(made: Reproduction) -> Command:
    about = made.about
    source = about["source"]
    place = (
        f"hub:{source['repository']}@{source['revision']}"
        if "repository" in source
        else source.get("place", "SOURCE")
    )
    weights = f" --weights {quote(about['weights'])}" if about["weights"] else ""
    return Command(
        "The same again",
        f"morelli reproduce NEW --source {quote(place)}{weights} --views {about['views']} "
        f"--sample {about['sample']}",
    )
