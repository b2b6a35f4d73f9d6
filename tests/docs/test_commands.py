"""What a page tells one to type is there: make's targets, and every command of `starter.py` with its options."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.exceptions import TyperException

from cli.app import app
from tests.docs.pages import Typed, pages, typed

STARTER = ("python", "starter.py")
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)


def lines(root: Path) -> Iterator[Typed]:
    """Give every command line of every page."""
    for page in pages(root):
        yield from typed(page)


def targets(root: Path) -> set[str]:
    """Name what `make` lists."""
    return set(TARGET.findall((root / "Makefile").read_text(encoding="utf-8")))


def wrong_make(words: tuple[str, ...], known: set[str]) -> str:
    """Say what is wrong with a `make ...` line, or nothing."""
    typed_targets = [word for word in words[1:] if "=" not in word]
    unknown = [word for word in typed_targets if word not in known]
    return f"make has no {unknown[0]}" if unknown else ""


def wrong_starter(words: tuple[str, ...]) -> str:
    """Say what is wrong with the words behind `python starter.py`, or nothing. Carries nothing out."""
    command: Any = typer.main.get_command(app)
    rest, name = list(words), "starter.py"
    while (subcommands := getattr(command, "commands", None)) is not None:
        if rest[:1] in ([], ["--help"]):
            return "" if rest else f"{name} needs a command"
        name, *rest = rest
        if name not in subcommands:
            return f"there is no command {name}"
        command = subcommands[name]
    if rest == ["--help"]:
        return ""
    try:
        command.make_context(name, rest)
    except TyperException as mistake:
        return mistake.format_message()
    return ""


def behind_starter(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """Give the words behind `python starter.py`, in a container or not; None for another command."""
    if words[:2] == STARTER:
        return words[2:]
    if words[:2] == ("docker", "compose") and "starter.py" in words:
        return words[words.index("starter.py") + 1 :]
    return None


def test_every_make_line_names_a_target(root: Path) -> None:
    """A renamed target is renamed in the pages, too."""
    made = [line for line in lines(root) if line.words[0] == "make"]
    assert made
    assert [] == [f"{line}: {why}" for line in made if (why := wrong_make(line.words, targets(root)))]


def test_every_starter_line_would_be_taken(root: Path) -> None:
    """Command, options and what each of them needs: as the command line itself reads them."""
    given = [(line, words) for line in lines(root) if (words := behind_starter(line.words)) is not None]
    assert given
    assert [] == [f"{line}: {why}" for line, words in given if (why := wrong_starter(words))]


def test_every_module_that_a_page_runs_is_there(root: Path) -> None:
    """`python -m tests.replay.record` and the like, and `python worker.py`."""
    for line in lines(root):
        match line.words:
            case ("python", "-m", module, *_) if module.split(".")[0] in {"tests", "tools", "runtime", "bench"}:
                assert (root / module.replace(".", "/")).with_suffix(".py").exists(), line
            case ("python", script, *_) if script.endswith(".py"):
                assert (root / script).exists(), line
            case _:
                pass


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("make frobnicate", "make has no frobnicate"),
        ("make PYTHON=python3.12 demo chek", "make has no chek"),
    ],
)
def test_a_wrong_make_line_is_noticed(root: Path, text: str, complaint: str) -> None:
    """The check above can fail."""
    assert complaint == wrong_make(tuple(text.split()), targets(root))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("frobnicate", "there is no command frobnicate"),
        ("policy frobnicate", "there is no command frobnicate"),
        ("accept LEAD --rap ana", "No such option: --rap"),
        ("accept LEAD", "Missing option '--rep'"),
        ("accept --rep ana", "Missing argument"),
        ("status LEAD too-much", "unexpected extra argument"),
        ("", "starter.py needs a command"),
    ],
)
def test_a_wrong_starter_line_is_noticed(words: str, complaint: str) -> None:
    """The check above can fail."""
    assert complaint in wrong_starter(tuple(words.split()))


@pytest.mark.parametrize(
    "words", ["--help", "policy --help", "accept --help", "list", "accept LEAD --rep ana --offer 2"]
)
def test_a_right_starter_line_is_taken(words: str) -> None:
    """No false alarm."""
    assert wrong_starter(tuple(words.split())) == ""


def test_lines_are_read_as_a_shell_reads_them(tmp_path: Path) -> None:
    """Continuations, quotes, assignments, pipes, redirections, comments; output of a `console` block is none."""
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\nA=1 make run ARGS='x y' | tee log # go\npython starter.py start - \\\n  --json < a.csv > b.json\n```\n"
        "```console\n$ make demo\nmake believe\n```\n```text\nmake nothing\n```\n"
    )
    expected = [
        ("make", "run", "ARGS=x y"),
        ("tee", "log"),
        ("python", "starter.py", "start", "-", "--json"),
        ("make", "demo"),
    ]
    assert expected == [line.words for line in typed(page)]
