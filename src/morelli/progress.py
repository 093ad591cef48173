"""How the library says what it is doing; whoever calls it decides whether to show that."""

from typing import Protocol


class Progress(Protocol):
    """Listens to long work. The command line shows it; a notebook may pass its own."""

    def note(self, text: str) -> None:
        """Hear one sentence worth telling, such as how many bytes will travel."""
        ...

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        """Hear that `done` of `total` units of the step `name` are finished."""
        ...


class Silent:
    """Shows nothing."""

    def note(self, text: str) -> None:
        """Drop it."""

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        """Drop it."""


SILENT = Silent()
"""For work to which nobody listens."""
