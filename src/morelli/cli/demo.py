"""`morelli demo`."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from morelli.cli.show import answering, print_table, showing, table


@answering("remove the folder that it had begun, and run the same command again")
def demo(
    out: Annotated[Path, typer.Argument(help="Folder for all that is made.", metavar="OUT")] = Path(
        "morelli-demo"
    ),
    works: Annotated[int, typer.Option(help="Works of each painter.", min=10, metavar="N")] = 60,
    seed: Annotated[
        int, typer.Option(help="Draws the works, the split and the head.", metavar="N")
    ] = 0,
) -> None:
    """Let six invented painters paint, learn to tell them apart, and attribute new works."""
    from morelli.invented.demo import demo as played

    with showing() as progress:
        told = played(out, works=works, seed=seed, progress=progress)
    answers = table("new work", "painted by", "attributed to", "probability", right=(3,))
    for shown in told.shown:
        answers.add_row(
            Path(shown.image).name, shown.painter, shown.told.best, f"{shown.told.top(1)[0][1]:.1%}"
        )
    print_table(answers)
    test = told.run.metrics["test"]
    low, high = test["accuracy_interval"]
    typer.echo(
        f"On {test['works']} test works: accuracy {test['accuracy']:.3f} "
        f"(95 % interval {low:.3f} to {high:.3f}); always answering the commonest painter would "
        f"give {test['majority']:.3f}."
    )
    typer.echo(
        f"The {told.run.about['backbone']['name']}'s weights were "
        + (
            "random, for no trained ones are on this machine: only the head learned anything."
            if told.random
            else f"{told.run.about['backbone']['origin']}."
        )
    )
    typer.echo(
        f"Paintings: {told.paintings}\nCollection: {told.collection}\nRun: {told.run.folder}\n"
        f"Report: {told.run.folder / 'report.html'}"
    )
    run, new = (quote(str(folder)) for folder in (told.run.folder, told.new))
    typer.echo(f"Try: morelli attribute {run} {new}")
