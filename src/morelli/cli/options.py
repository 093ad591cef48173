"""Options that several commands take, with the same words and the same help."""

from pathlib import Path
from typing import Annotated

import typer

SOURCE = Annotated[
    str,
    typer.Argument(
        help="hub:OWNER/NAME or hub:OWNER/NAME@REVISION, a folder of Parquet shards, a folder of "
        "images with a folder for each class, or a CSV file with an image column and label "
        "columns.",
        metavar="SOURCE",
        show_default=False,
    ),
]
SELECTED_TASK = Annotated[
    str,
    typer.Option(
        help="The label column: artist, genre or style; what a folder's folders stand for.",
        metavar="TASK",
    ),
]
TOP = Annotated[int | None, typer.Option(help="Keep the N classes with most works.", metavar="N")]
CLASSES = Annotated[
    list[str] | None,
    typer.Option("--class", help="Keep this class; may be given several times.", metavar="NAME"),
]
MIN_WORKS = Annotated[int, typer.Option(help="Keep classes with at least N works.", metavar="N")]
SAMPLE = Annotated[int | None, typer.Option(help="Keep N works, drawn by --seed.", metavar="N")]
INCLUDE_UNKNOWN = Annotated[
    bool,
    typer.Option("--include-unknown", help="Take Unknown Artist and Unknown Genre for classes."),
]
SAMPLE_SEED = Annotated[int, typer.Option(help="Draws the sample.", metavar="N")]
COLLECTION = Annotated[
    Path,
    typer.Argument(help="A folder that ingest made.", show_default=False, metavar="COLLECTION"),
]
TASK = Annotated[str | None, typer.Option(help="artist, genre or style.", metavar="TASK")]
WEIGHTS = Annotated[
    str | None,
    typer.Option(
        help="Safetensors file or folder, or 'random'; else MORELLI_WEIGHTS, else torchvision's "
        "own.",
        metavar="PATH",
    ),
]
VIEWS = Annotated[int | None, typer.Option(help="Random views of each training work.", metavar="N")]
AUGMENT = Annotated[
    str | None,
    typer.Option(
        help="How random views are drawn: capture, as photographs differ, or study.",
        metavar="NAME",
    ),
]
BATCH = Annotated[int | None, typer.Option(help="Works in a training batch.", metavar="N")]
EPOCHS = Annotated[int | None, typer.Option(help="Most epochs.", metavar="N")]
SPLIT_SEED = Annotated[int | None, typer.Option(help="Draws the split.", metavar="N")]
SPLIT_BY = Annotated[
    str | None,
    typer.Option(
        help="A column whose equal values stay on one side of the split.", metavar="COLUMN"
    ),
]
CACHE = Annotated[
    Path | None,
    typer.Option(
        help="Folder of cached features; else MORELLI_CACHE, else the user's.", metavar="FOLDER"
    ),
]
WORKERS = Annotated[
    int | None,
    typer.Option(help="Threads.", show_default="one a core", min=1, metavar="N"),
]
OPEN = Annotated[bool, typer.Option("--open", help="Open the report in the browser.")]
TRACK = Annotated[
    str,
    typer.Option(
        help="Write the figures to mlflow or tensorboard (or both, by a comma) as well.",
        metavar="NAME,...",
        show_default=False,
    ),
]
