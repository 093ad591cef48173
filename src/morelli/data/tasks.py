"""The tasks: which label columns can be predicted, and which of their classes mean nothing."""

from morelli.errors import plain, unknown_name

TASKS = ("artist", "genre", "style")
"""The label columns that can be predicted."""

UNKNOWN = frozenset({plain("Unknown Artist"), plain("Unknown Genre")})
"""Class names that mean "not known": no classes to predict, unless asked for."""


def check_task(task: str) -> None:
    """Refuse a task that does not exist.

    Raises:
        UnknownName: It names the tasks.
    """
    if task not in TASKS:
        raise unknown_name("task", task, TASKS)
