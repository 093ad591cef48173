"""`morelli train`."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.complete import completing
from morelli.cli.options import CACHE, COLLECTION, OPEN, TRACK, WORKERS
from morelli.cli.report import show_report, tracked, trackers
from morelli.cli.settings import Settings, settings_from
from morelli.cli.show import RESUMES, answering, print_table, showing, table
from morelli.training.named_recipes import RECIPES, read_recipe, recipe_from

if TYPE_CHECKING:
    from morelli.runs.folder import Run
    from morelli.training.recipe import Recipe

BOTH = "both"

OUT = Annotated[Path, typer.Option(help="Folder of the run.", show_default=False, metavar="FOLDER")]
RECIPE = Annotated[
    str,
    typer.Option(
        help=f"{', '.join(RECIPES)}, or a recipe.toml; other options change it.",
        metavar="NAME",
        autocompletion=completing(RECIPES),
    ),
]
UNKNOWN_FROM = Annotated[
    Path | None,
    typer.Option(
        help="A collection with other makers' works, to try on them how often the classifier "
        "says none of these.",
        metavar="COLLECTION",
        rich_help_panel="Collection",
    ),
]


@answering(RESUMES)
@settings_from(RECIPES["default"])
def train(
    collection: COLLECTION,
    out: OUT,
    settings: Settings,
    recipe: RECIPE = "default",
    unknown_from: UNKNOWN_FROM = None,
    cache: CACHE = None,
    workers: WORKERS = None,
    track: TRACK = "",
    open_: OPEN = False,
) -> None:
    """Train a classifier on a collection; its figures, predictions and files go to a folder.

    --split both makes two runs, a random and a grouped one, and shows the gap between them.
    """
    from morelli.runs.train import train_run

    both = settings.get("split") == BOTH
    changed = {name: value for name, value in settings.items() if not (both and name == "split")}
    wanted = recipe_from(changed, read_recipe(recipe))
    names = trackers(track)
    if both:
        _train_both(collection, out, wanted, names, unknown_from, cache, workers, open_=open_)
        return
    with showing() as progress:
        run = train_run(
            collection,
            out,
            wanted,
            unknown=unknown_from,
            cache=cache,
            workers=workers,
            progress=progress,
        )
    _print_run(run)
    tracked(run, names)
    show_report(run.folder / "report.html", open_)
    typer.echo(f"Next: morelli attribute {quote(str(run.folder))} IMAGE")


def _train_both(
    collection: Path,
    out: Path,
    recipe: "Recipe",
    names: list[str],
    unknown: Path | None,
    cache: Path | None,
    workers: int | None,
    *,
    open_: bool,
) -> None:
    """Train on both splits, and print the gap between them."""
    from morelli.runs.both import train_both
    from morelli.runs.both_page import conclusion
    from morelli.runs.strangers_section import declining_text

    with showing() as progress:
        both = train_both(
            collection,
            out,
            recipe,
            unknown=unknown,
            cache=cache,
            workers=workers,
            progress=progress,
        )
    typer.echo(conclusion(both))
    for way, run in both.runs.items():
        if unknown is not None:
            typer.echo(f"On the {way} split: {declining_text(run)}")
        tracked(run, names)
    show_report(both.folder / "report.html", open_)


def _print_run(run: "Run") -> None:
    from morelli.runs.figures import figure_cells, figure_columns
    from morelli.runs.strangers_section import declining_text

    columns = figure_columns()
    figures = table(*columns, right=tuple(range(1, len(columns))))
    for cells in figure_cells(run):
        figures.add_row(*cells)
    print_table(figures)
    typer.echo(declining_text(run))
    about, best = run.about, run.about.best_epochs
    if about.backbone.origin == "random":
        typer.echo(
            "The backbone's weights were random: nothing was learned before this collection."
        )
    epochs = "best epoch" if len(best) == 1 else f"best epochs of {len(best)} heads"
    typer.echo(
        f"{about.backbone.name} in {about.number_format} on {about.device}, "
        f"{epochs} {', '.join(map(str, best))}, {about.seconds.all:.1f} s "
        f"({about.seconds.features:.1f} s until the features were there, "
        f"{about.seconds.training:.1f} s of training)\n"
        f"Run: {run.folder}"
    )
