"""How well the artist is told from what is not the picture.

    python benchmarks/shortcuts.py four

Prints the accuracy from traits of the source files, what each group of traits tells alone and what
is lost without it, the facts that mark a class, and the warning.
"""

import argparse
import time

from morelli.audit.checks.labels import known_labels
from morelli.audit.checks.shortcuts import shortcuts
from morelli.audit.checks.sources import coincide
from morelli.audit.checks.traits import source_traits
from morelli.data.collection import open_collection


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--column", default="source_shard", help="The column of sources.")
    given = parser.parse_args()
    collection = open_collection(given.collection)
    labels = known_labels(collection)[collection.task]
    names = collection.class_names[collection.task]
    started = time.perf_counter()
    found = shortcuts(source_traits(collection), labels)
    seconds = time.perf_counter() - started
    if found is None:
        raise SystemExit("fewer than two classes have five works")
    low, high = found.interval
    print(f"{found.works:,} works in {seconds:.1f} s: accuracy {found.accuracy:.4f}", end=" ")
    print(f"({low:.4f} to {high:.4f}), majority {found.majority:.4f}")
    for group in found.groups:
        print(f"  {group.name:12} alone {group.alone:.4f}  lost without {group.lost:+.4f}")
    for mark in found.marks:
        share = f"{mark.share:.0%} of {names[mark.label]}"
        print(f"  {share} are {mark.fact}, {mark.elsewhere:.0%} of others")
    print("  recall:", ", ".join(f"{names[key]} {each:.2f}" for key, each in found.recall.items()))
    print(found.warning or "no warning")
    sources = collection.table([given.column])[given.column].to_pylist()
    column = coincide(labels, sources, given.column)
    if column is not None:
        print(f"{column.column}: V {column.cramers_v:.3f}, accuracy {column.accuracy:.4f}", end=" ")
        print(f"(majority {column.majority:.4f}), {len(column.pure)} pure;", end=" ")
        print(column.warning or "no warning")


if __name__ == "__main__":
    main()
