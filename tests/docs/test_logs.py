"""Each log event is documented, with its level and fields."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import first_word, table, words_of

ROOMS = ("activities", "adapters", "api", "db", "runtime", "workflows")
LEVELS = ("debug", "info", "warning", "error", "critical", "exception")


def events(root: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Read from the source what is logged: event, level, fields."""
    for room in ROOMS:
        for module in sorted((root / room).rglob("*.py")):
            tree = ast.parse(module.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_logger(node.func):
                    event = node.args[0]
                    assert isinstance(event, ast.Constant), f"{module}:{node.lineno}: an event is a word, not made up"
                    yield str(event.value), node.func.attr, tuple(fields(node, tree))


def fields(call: ast.Call, tree: ast.Module) -> Iterator[str]:
    """Name the fields of an event; those that come in a bundle (`**told`) are read where it is tied."""
    for word in call.keywords:
        if word.arg is not None:
            yield word.arg
            continue
        assert isinstance(word.value, ast.Name), ast.unparse(call)
        name = word.value.id
        tied = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets)
        ]
        (bundle,) = tied
        assert isinstance(bundle, ast.Dict), f"{name}: a plain bundle of fields"
        yield from (str(key.value) for key in bundle.keys if isinstance(key, ast.Constant))


def _is_logger(function: ast.Attribute) -> bool:
    """Tell `log.info(...)` and `structlog.get_logger(...).info(...)` from other calls."""
    on = function.value
    named = isinstance(on, ast.Name) and on.id == "log"
    made = isinstance(on, ast.Call) and isinstance(on.func, ast.Attribute) and on.func.attr == "get_logger"
    return function.attr in LEVELS and (named or made)


def test_each_log_event_is_documented(root: Path) -> None:
    """No event more, none less: an alarm may be set on each of them."""
    rows = table((root / "docs/reference/logs.md").read_text(encoding="utf-8"))
    documented = {(first_word(row["event"]), row["level"], tuple(words_of(row["fields"]))) for row in rows}
    assert set(events(root)) == documented
