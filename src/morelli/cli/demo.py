"""`morelli demo`."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.show import answering, print_table, showing, table
from morelli.markup import counted, share_of

if TYPE_CHECKING:
    from morelli.invented.demo import Demo

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
    _print_answers(played)
    _print_figures(played)
    run = played.run.folder
    typer.echo(
        f"Paintings: {played.paintings}\nCollection: {played.collection}\n"
        f"Run: {run}\nReport: {run / 'report.html'}"
    )
    typer.echo(f"Try: morelli attribute {quote(str(run))} {quote(str(played.new))}")


def _print_answers(played: "Demo") -> None:
    answers = table("new work", "painted by", "attributed to", "probability", right=(3,))
    for work in played.new_works:
        ((name, probability),) = work.attribution.top(1)
        answers.add_row(Path(work.image).name, work.painter, name, f"{probability:.1%}")
    print_table(answers)


def _print_figures(played: "Demo") -> None:
    """Print how many test works were classified correctly, and whose weights the network has."""
    test, backbone = played.run.results.test, played.run.about.backbone
    low, high = test.accuracy_interval
    typer.echo(
        f"On {counted(test.works, 'test work')}: {share_of(test.accuracy, test.works)} classified "
        f"correctly (95 % interval {low:.3f} to {high:.3f}); always answering the commonest "
        f"painter would give {share_of(test.majority, test.works)}."
    )
    whose = (
        "random, for no trained ones are on this machine: only the head learned anything."
        if played.random
        else f"{backbone.origin}."
    )
    typer.echo(f"The {backbone.name}'s weights were {whose}")
