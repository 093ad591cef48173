"""What to choose from a source: settings, and the files of them."""

from dataclasses import dataclass, fields
from pathlib import Path, PurePath

from morelli.data.aside import read_toml
from morelli.data.tasks import TASKS
from morelli.errors import UserError
from morelli.settings import ONE_OR_MORE, check_known, check_settings, documented, setting


@documented
@dataclass(frozen=True)
class Selection:
    """What to choose from a source.

    The filters apply in this order: labelled for the task, unknown classes, `classes`,
    `min_works`, `top`, `sample`.
    """

    task: str = setting(
        "artist",
        "The label column: artist, genre or style; what a folder's folders stand for.",
        panel="collection",
        metavar="TASK",
        choices=TASKS,
    )
    top: int | None = setting(
        None,
        "Keep the N classes with most works; ties break by name.",
        panel="collection",
        metavar="N",
        allowed=ONE_OR_MORE,
    )
    classes: tuple[str, ...] = setting(
        (),
        "Keep the classes of these names; case, accents and punctuation do not matter.",
        panel="collection",
        metavar="NAME",
        option="--class",
    )
    min_works: int = setting(
        1,
        "Keep classes with at least N works.",
        panel="collection",
        metavar="N",
        allowed=ONE_OR_MORE,
    )
    sample: int | None = setting(
        None,
        "Keep N works, drawn by the seed.",
        panel="collection",
        metavar="N",
        allowed=ONE_OR_MORE,
    )
    include_unknown: bool = setting(
        False, "Take Unknown Artist and Unknown Genre for classes like others.", panel="collection"
    )
    seed: int = setting(0, "Draws the sample.", panel="collection", metavar="N")

    def __post_init__(self) -> None:
        check_settings(self)


def read_selections(path: Path) -> dict[str, Selection]:
    """Read several selections from a TOML file: a table of settings for each, by its name.

    Raises:
        UserError: If it is no such file, a name is no plain folder name, or a setting is wrong.
    """
    tables = read_toml(path)
    known = [field.name for field in fields(Selection)]
    selections = {}
    for name, settings in tables.items():
        if not isinstance(settings, dict) or PurePath(name).name != name:
            raise UserError(f"{path}: {name!r} must be a table, named like a folder: [four]")
        check_known("selection key", settings, known)
        try:
            classes = tuple(settings.get("classes", ()))
            selections[name] = Selection(**(settings | {"classes": classes}))
        except TypeError:
            raise UserError(f"{path}: a value of [{name}] is of the wrong kind") from None
    if not selections:
        raise UserError(f"{path} names no selection; write one as a table: [four]")
    return selections
