"""What a shell completes: names of backbones, recipes and whatever a setting may be."""

from collections.abc import Callable, Iterable

from morelli.features.backbones import BACKBONES


def completing(names: Iterable[str], between: str = "") -> Callable[[str], list[str]]:
    """Return what completes one of these names.

    Args:
        names: The names.
        between: Characters that may stand between several of them.
    """

    def complete(incomplete: str) -> list[str]:
        start = max((incomplete.rfind(character) + 1 for character in between), default=0)
        before, begun = incomplete[:start], incomplete[start:]
        return [before + name for name in names if name.startswith(begun)]

    return complete


backbones = completing(BACKBONES, between="+,")
"""Completes a backbone's name, or the last of several."""
