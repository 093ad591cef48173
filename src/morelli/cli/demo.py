"""`morelli demo`."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from morelli.cli.show import answering, print_table, showing, table

OUT = Annotated[Path, typer.Argument(help="Folder for all that is made.", metavar="OUT")]
WORKS = Annotated[int, typer.Option(help="Works of each painter.", min=10, metavar="N")]
SEED = Annotated[int, typer.Option(help="Draws the works, the split and the head.", metavar="N")]


@answering("remove the folder that it had begun, and run the same command again")
def demo(
    out: OUT = Path("morelli-demo"),
    works: WORKS = 60,
    seed: SEED = 0,
) -> None:
    """Let six invented painters paint, learn to tell them apart, and attribute new works."""
    from morelli.invented.demo import demo as play

    with showing() as progress:
        played = play(out, works=works, seed=seed, progress=progress)
    answers = table("new work", "painted by", "attributed to", "probability", right=(3,))
    for work in played.new_works:
        answers.add_row(
            Path(work.image).name,
            work.painter,
            work.attribution.best,
            f"{work.attribution.top(1)[0][1]:.1%}",
        )
    print_table(answers)
    test = played.run.results.test
    low, high = test.accuracy_interval
    typer.echo(
        f"On {test.works} test works: accuracy {test.accuracy:.3f} "
        f"(95 % interval {low:.3f} to {high:.3f}); always answering the commonest painter would "
        f"give {test.majority:.3f}."
    )
    typer.echo(
        f"The {played.run.about.backbone.name}'s weights were "
        + (
            "random, for no trained ones are on this machine: only the head learned anything."
            if played.random
            else f"{played.run.about.backbone.origin}."
        )
    )
    typer.echo(
        f"Paintings: {played.paintings}\nCollection: {played.collection}\n"
        f"Run: {played.run.folder}\nReport: {played.run.folder / 'report.html'}"
    )
    run, new = (quote(str(folder)) for folder in (played.run.folder, played.new))
    typer.echo(f"Try: morelli attribute {run} {new}")
