"""The report of a reproduction: the slides' figures beside ours, and what the difference may be."""

from pathlib import Path
from shlex import quote
from statistics import fmean

from morelli.data.splits import SPLITS
from morelli.errors import writing
from morelli.features.weights import RANDOM
from morelli.markup import counted, share_of
from morelli.reporting.page import Command, Page, Section, Table, Text
from morelli.reporting.report import write_report
from morelli.studies.reproduction import REPORT, SUBSET_ACCURACY, Reproduction
from morelli.studies.tables import chosen_table, cost_blocks, published_blocks, settings_table

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


def write_reproduction_report(reproduction: Reproduction) -> Path:
    """Write the report of a reproduction into its folder and return its path."""
    path = reproduction.folder / REPORT
    with writing(reproduction.folder):
        write_report(path, reproduction_page(reproduction))
    return path


def reproduction_page(reproduction: Reproduction) -> Page:
    """Return the page of a reproduction."""
    source = ", ".join(f"{key} {value}" for key, value in reproduction.settings.source.items())
    works = reproduction.slides.results.works
    parts = " / ".join(f"{works[name]:,}" for name in SPLITS)
    return Page(
        kind="reproduction",
        title="The study, reproduced",
        asked=(
            ("Question", "Do the study's figures come out again, and what do they show?"),
            ("Source", source),
            ("Four artists", f"{', '.join(_artists(reproduction))}: {parts} in train / val / test"),
            (
                "Views",
                f"{counted(reproduction.settings.views, 'random view')} of each training work",
            ),
        ),
        conclusion=f"{_conclusion(reproduction)} {reproduction.grid.conclusion}",
        sections=(
            Section("The slides' rows", tuple(published_blocks(reproduction.slides))),
            Section("The sampled subset", (_subset_table(reproduction),)),
            Section(
                "The whole grid",
                (settings_table(reproduction.grid), chosen_table(reproduction.grid)),
            ),
            Section(
                "What is and is not known of the difference",
                (Text((*KNOWN, _precision(reproduction))), Text(UNKNOWN)),
            ),
            Section("Cost of the slides' rows", cost_blocks(reproduction.slides)),
            Section("More", (Text(_more(reproduction)),)),
            Section("How to repeat it", (_repeat(reproduction),)),
        ),
        warnings=_warnings(reproduction),
    )


def _artists(reproduction: Reproduction) -> list[str]:
    return list(reproduction.slides.chosen.results.test.classes)


def _conclusion(reproduction: Reproduction) -> str:
    """Return how many of the slides' accuracies lie within our intervals."""
    slides = reproduction.slides
    pairs = [
        (row.published, ours.test)
        for row, ours in zip(slides.recipe.rows, slides.results.settings, strict=True)
        if row.published is not None and ours.test is not None
    ]
    within = sum(test.low <= published <= test.high for published, test in pairs)
    higher = sum(test.low > published for published, test in pairs)
    return (
        f"Of {len(pairs)} accuracies that the slides print, {within} lie within our 95 % interval, "
        f"{higher} below it and {len(pairs) - within - higher} above it."
    )


def _precision(reproduction: Reproduction) -> str:
    """Return a sentence on how much our accuracies on the slides' rows may differ by chance."""
    tested = [row.test for row in reproduction.slides.results.settings if row.test is not None]
    half = fmean((test.high - test.low) / 2 for test in tested)
    works = counted(reproduction.slides.results.works["test"], "test work")
    return (
        f"Known: {works} give intervals of about {100 * half:.0f} points to either side, so that "
        "smaller differences mean nothing."
    )


def _subset_table(reproduction: Reproduction) -> Table:
    rows = []
    for name, run in reproduction.subsets.items():
        test, split = run.metrics["test"], run.about.split
        low, high = test.accuracy_interval
        works = test.works
        parts = " / ".join(f"{split[side]:,}" for side in SPLITS)
        row = ["with" if name.endswith("unknown") else "without", parts]
        row += [str(len(test.classes)), f"{SUBSET_ACCURACY:.4f}"]
        row += [share_of(test.accuracy, works), f"{low:.3f} to {high:.3f}"]
        rows.append((*row, f"{test.macro_f1:.4f}", share_of(test.majority, works)))
    columns = ("Unknown Artist", "works", "classes", "slides", "ours", "95 % interval")
    return Table(
        caption="ResNet18, dropout 0.4, learning rate 1e-4, 5 epochs, on a sample of all artists",
        columns=(*columns, "macro-F1", "majority"),
        rows=tuple(rows),
        right=tuple(range(2, 8)),
        note="The slides do not say whether Unknown Artist was a class. Their subset has 5,000 / "
        "1,667 / 1,667 works; where the source has fewer, all are taken and split 60/20/20.",
    )


def _more(reproduction: Reproduction) -> tuple[str, ...]:
    return (
        "Each part has a report of its own, with learning curves, confusion matrices and pictures: "
        "slides/report.html, grid/report.html, "
        + " and ".join(f"{name}/report.html" for name in reproduction.subsets)
        + ", in this report's folder.",
    )


def _warnings(reproduction: Reproduction) -> tuple[str, ...]:
    warnings = []
    if reproduction.slides.chosen.about.backbone.origin == RANDOM:
        warnings.append(
            "The networks' weights were random, for no trained ones were given: this shows that "
            "the study runs and what it costs, not how good the networks are."
        )
    if reproduction.settings.source.get("repository") != "huggan/wikiart":
        warnings.append(
            "The source is not the Hub's huggan/wikiart: artists and works are not the slides', "
            "and their figures stand here for orientation only."
        )
    return tuple(warnings)


def _repeat(reproduction: Reproduction) -> Command:
    settings, source = reproduction.settings, reproduction.settings.source
    place = (
        f"hub:{source['repository']}@{source['revision']}"
        if "repository" in source
        else source.get("place", "SOURCE")
    )
    weights = f" --weights {quote(settings.weights)}" if settings.weights else ""
    return Command(
        "The same again",
        f"morelli reproduce NEW --source {quote(place)}{weights} --views {settings.views} "
        f"--sample {settings.sample}",
    )
