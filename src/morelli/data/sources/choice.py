"""Which works of a source a selection keeps, by their labels alone."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from morelli.data.chance import seeded_hash
from morelli.data.selection import Selection
from morelli.data.tasks import UNKNOWN
from morelli.data.works import class_counts
from morelli.errors import UserError, plain, unknown_name
from morelli.markup import counted


def choose(
    labels: Mapping[str, npt.NDArray[np.int64]],
    class_names: Mapping[str, tuple[str, ...]],
    keys: npt.NDArray[np.int64],
    selection: Selection,
) -> npt.NDArray[np.bool_]:
    """Return which works a selection keeps.

    Args:
        labels: For each label column, (n,) indices into its class names, -1 where there is none.
        class_names: For each label column, its class names.
        keys: (n, 2) shard and row of each work; the sample is drawn from them.
        selection: What to choose.

    Returns:
        (n,) mask.

    Raises:
        UserError: If the selection asks for what the source does not have, or leaves nothing.
    """
    task = selection.task
    if task not in labels:
        raise UserError(f"the source has no column {task!r}; it has {', '.join(labels)}")
    names = class_names[task]
    counts = class_counts(labels[task], names)
    if not selection.include_unknown:
        counts = {name: n for name, n in counts.items() if plain(name) not in UNKNOWN}
    kept = _kept_classes(counts, selection)
    chosen = np.isin(labels[task], [names.index(name) for name in kept])
    return chosen if selection.sample is None else _sampled(chosen, keys, selection)


def _sampled(
    chosen: npt.NDArray[np.bool_], keys: npt.NDArray[np.int64], selection: Selection
) -> npt.NDArray[np.bool_]:
    """Draw as many of the chosen works as the selection asks for."""
    size, works = selection.sample or 0, int(chosen.sum())
    if size > works:
        raise UserError(f"a sample of {size:,} was asked for, of {works:,} works")
    indices = np.flatnonzero(chosen).tolist()
    indices.sort(key=lambda index: seeded_hash(selection.seed, *keys[index].tolist()))
    sampled = np.zeros_like(chosen)
    sampled[indices[:size]] = True
    return sampled


def _kept_classes(counts: dict[str, int], selection: Selection) -> list[str]:
    kept = _named_classes(list(counts), selection)
    kept = [name for name in kept if counts[name] >= selection.min_works]
    if not kept:
        raise UserError(
            f"no {selection.task} is left of {len(counts)}"
            + (f" with {selection.min_works} works or more" if selection.min_works > 1 else "")
        )
    if selection.top is not None and selection.top > len(kept):
        raise UserError(
            f"the top {selection.top} were asked for, but the source has only "
            f"{counted(len(kept), f'{selection.task} class', f'{selection.task} classes')} "
            f"(of {counted(sum(counts[name] for name in kept), 'work')})"
        )
    return kept[: selection.top]


def _named_classes(names: list[str], selection: Selection) -> list[str]:
    """Return the class names that a selection names; all where it names none."""
    if not selection.classes:
        return names
    known = {plain(name) for name in names}
    for asked in selection.classes:
        if plain(asked) in UNKNOWN and not selection.include_unknown:
            raise UserError(f"{asked} is no class unless --include-unknown is given")
        if plain(asked) not in known:
            raise unknown_name(selection.task, asked, names)
    wanted = {plain(asked) for asked in selection.classes}
    return [name for name in names if plain(name) in wanted]
