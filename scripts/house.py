"""What the code of the house comes to: sizes, types and words, each with its bound.

python scripts/house.py            all of it; ends with 1 where a bound is passed
python scripts/house.py --where    and which files and functions pass one, and which words stand

The figures are those of `src/morelli`; the check of each change holds them.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "morelli"

WORDS = ("told", "found", "said", "made", "given", "each", "there")
"""Words that say that somebody did something, where a name should say what a thing is."""

FILE, FUNCTION, MODULES = 300, 30, 20
"""Most lines of a file; lines that nine functions in ten stay under; most modules of a folder."""

ANY, LOOSE, VAGUE = 4.0, 20, 0.02
"""`Any` per 1,000 lines; `dict[str, Any]` in all; share of local names that are `WORDS`."""


def main() -> int:
    """Print each figure beside its bound, and return 1 if one is passed."""
    files = {path: path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in files.items()}
    names = Counter(name for tree in trees.values() for name in local_names(tree))
    lines = sum(text.count("\n") for text in files.values())
    lengths = sorted(length for tree in trees.values() for _, length in functions(tree))
    folders = Counter(path.parent for path in files if path.name != "__init__.py")
    figures = [
        ("lines of the longest file", max(t.count("\n") for t in files.values()), FILE),
        ("most modules of a folder", max(folders.values()), MODULES),
        ("ninth decile of functions' lines", lengths[int(0.9 * len(lengths))], FUNCTION - 1),
        ("Any per 1,000 lines", round(1000 * sum(map(anys, files.values())) / lines, 1), ANY),
        ("dict[str, Any]", sum(text.count("dict[str, Any]") for text in files.values()), LOOSE),
        ("share of vague local names", round(vague(names), 4), VAGUE),
    ]
    for what, figure, most in figures:
        print(f"{'too much' if figure > most else 'fine':8}  {what}: {figure:,} (at most {most:,})")
    if "--where" in sys.argv:
        for line in where(files, trees):
            print(line)
    return int(any(figure > most for _, figure, most in figures))


def anys(text: str) -> int:
    """Return how often `Any` stands in a file, imports aside."""
    return len(re.findall(r"\bAny\b", re.sub(r"^from typing import .*$", "", text, flags=re.M)))


def functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield name and length in lines of each function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def local_names(tree: ast.AST) -> Iterator[str]:
    """Yield each name that a function binds, once: parameters, variables, loops, comprehensions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
            inside |= {
                each.id
                for statement in node.body
                for each in ast.walk(statement)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            }
            yield from inside - {"self", "cls", "_"}


def vague(names: Counter[str]) -> float:
    """Return the share of names that are one of `WORDS`."""
    return sum(names[word] for word in WORDS) / max(names.total(), 1)


def where(files: dict[Path, str], trees: dict[Path, ast.Module]) -> Iterator[str]:
    """Yield a line for each file: its length, long functions, `Any`s and vague names."""
    for path, tree in trees.items():
        lines = files[path].count("\n")
        long = [f"{name} {length}" for name, length in functions(tree) if length >= FUNCTION]
        words = Counter(name for name in local_names(tree) if name in WORDS)
        loose = anys(files[path])
        if lines > FILE or long or words or loose:
            listed = ", ".join(f"{word} {count}" for word, count in words.most_common())
            yield (
                f"{path.relative_to(SOURCE)}: {lines} lines; Any {loose}; "
                f"{listed or 'no vague names'}; long: {', '.join(long) or 'none'}"
            )


if __name__ == "__main__":
    sys.exit(main())
