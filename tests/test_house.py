"""The house: what its code looks like, so that it stays that way."""

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "morelli"
FILES = sorted(SOURCE.rglob("*.py"))


def functions() -> list[ast.FunctionDef]:
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in FILES)
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_nine_functions_in_ten_are_under_36_lines() -> None:
    lengths = sorted((each.end_lineno or 0) - each.lineno + 1 for each in functions())
    assert len(lengths) > 200
    assert lengths[int(0.9 * len(lengths))] < 36


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
