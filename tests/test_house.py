"""The house: what its code looks like, so that it stays that way."""

import ast
import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "morelli"
FILES = sorted(SOURCE.rglob("*.py"))


def house() -> ModuleType:
    """The script that counts what the code comes to."""
    spec = importlib.util.spec_from_file_location("house", ROOT / "scripts" / "house.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_name_is_counted_once_for_each_function_that_binds_it() -> None:
    code = """
def judged(told, *, rows):
    for each in rows:
        each = told
    return [found for found in rows if (said := found)]
"""
    names = Counter(house().local_names(ast.parse(code)))

    assert names == {"told": 1, "rows": 1, "each": 1, "found": 1, "said": 1}
    assert house().vague(names) == 4 / 5


def test_any_is_counted_where_it_is_used_and_not_where_it_is_imported() -> None:
    code = "from typing import Any, Protocol\n\nx: dict[str, Any]\ny: list[Any]\n"

    assert house().anys(code) == 2


def test_the_house_is_within_its_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    assert house().main() == 0
    assert "too much" not in capsys.readouterr().out


def test_every_public_function_and_class_is_documented() -> None:
    bare = [
        f"{path.relative_to(SOURCE)}: {node.name}"
        for path in FILES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


def test_only_the_command_line_prints() -> None:
    printing = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in FILES
        if "cli" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]
    assert printing == []


def test_nothing_imports_pickle_but_to_name_its_error() -> None:
    uses = {
        (path.name, ast.unparse(node))
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("pickle.")
    }
    assert uses == {("weights.py", "pickle.UnpicklingError")}
