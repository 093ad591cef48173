"""Arguments and options that several commands take and that are no settings of a recipe."""

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
COLLECTION = Annotated[
    Path,
    typer.Argument(help="A folder that ingest made.", show_default=False, metavar="COLLECTION"),
]
CACHE = Annotated[
    Path | None,
    typer.Option(
        help="Folder of cached features; else MORELLI_CACHE, else the user's.",
        metavar="FOLDER",
        rich_help_panel="Machine",
    ),
]
WORKERS = Annotated[
    int | None,
    typer.Option(
        help="Threads.",
        show_default="one a core",
        min=1,
        metavar="N",
        rich_help_panel="Machine",
    ),
]
OPEN = Annotated[bool, typer.Option("--open", help="Open the report in the browser.", metavar="")]
TRACK = Annotated[
    str,
    typer.Option(
        help="Write the figures to mlflow or tensorboard (or both, by a comma) as well.",
        metavar="NAME,...",
        show_default=False,
    ),
]
