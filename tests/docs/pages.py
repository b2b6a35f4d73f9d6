"""What tests take out of a Markdown page: sections, tables, fenced blocks, and the commands typed in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from pathlib import Path

OWNED = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")

_HEADING = re.compile(r"^(?P<marks>#{1,6}) (?P<title>.+)$")
_FENCE = re.compile(r"^```(?P<language>[a-z]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"`([^`]+)`")
_ASSIGNMENT = re.compile(r"[A-Z_][A-Z0-9_]*=.*", re.DOTALL)


@dataclass(frozen=True)
class Typed:
    """One command line of a page, as somebody would type it, without what is piped or redirected."""

    where: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.where}: {shlex.join(self.words)}"


def pages(root: Path) -> list[Path]:
    """List every page: those beside the code and everything below docs/."""
    return [root / name for name in OWNED if (root / name).exists()] + sorted((root / "docs").rglob("*.md"))


def section(page: Path, title: str) -> str:
    """Give the text below a heading, up to the next heading of its level or above.

    Raises LookupError when there is no such heading.
    """
    taken: list[str] = []
    level = 0
    fenced = False
    for line in page.read_text(encoding="utf-8").splitlines():
        fenced ^= line.startswith("```")
        found = None if fenced else _HEADING.match(line)
        if found and level and len(found["marks"]) <= level:
            break
        if level:
            taken.append(line)
        elif found and found["title"].replace("`", "") == title:
            level = len(found["marks"])
    if not level:
        raise LookupError(f"{page} has no heading {title!r}")
    return "\n".join(taken)


def table(text: str) -> list[dict[str, str]]:
    """Read the first table of a text: one dict a row, by the header's names."""
    lines = dropwhile(lambda line: not line.startswith("|"), text.splitlines())
    rows = [line.strip().strip("|") for line in takewhile(lambda line: line.startswith("|"), lines)]
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    header, _, *body = cells
    return [dict(zip(header, row, strict=True)) for row in body]


def first_word(cell: str) -> str:
    """Give what stands in a cell's first backticks."""
    found = _WORD.search(cell)
    assert found, f"nothing in backticks in {cell!r}"
    return found[1]


def words_of(cell: str) -> list[str]:
    """Give everything that stands in backticks in a cell."""
    return _WORD.findall(cell)


def blocks(page: Path, *languages: str) -> Iterator[tuple[int, str]]:
    """Give each fenced block of these languages with the line it begins on."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        if found["language"] in languages:
            yield text.count("\n", 0, found.start("body")) + 1, found["body"]


def typed(page: Path) -> Iterator[Typed]:
    """Give each command line of a page's `sh` and `console` blocks; in the latter those after `$ `."""
    for language in ("sh", "console"):
        for first, body in blocks(page, language):
            for line, text in _logical_lines(body, first):
                if language == "console" and not text.startswith("$ "):
                    continue
                command = text.removeprefix("$ ") if language == "console" else text
                for words in _commands(command):
                    yield Typed(f"{page.name}:{line}", words)


def _logical_lines(body: str, first: int) -> Iterator[tuple[int, str]]:
    """Join lines that end in a backslash, or within a quote, with what follows."""
    text, began = "", first
    for number, line in enumerate(body.splitlines(), start=first):
        began = began if text else number
        text += line
        if text.endswith("\\"):
            text = text[:-1] + " "
        elif text.count("'") % 2:
            text += "\n"
        else:
            yield began, text.strip()
            text = ""
    assert not text, f"an unfinished command from line {began} on: {text}"


def _commands(text: str) -> Iterator[tuple[str, ...]]:
    """Split a line at pipes and the like; leave assignments, comments and redirections out."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    words: list[str] = []
    skip = False
    for word in lexer:
        if skip:
            skip = False
        elif set(word) <= set("|&;()"):
            if words:
                yield tuple(words)
            words = []
        elif set(word) <= set("<>"):
            skip = True
        elif words or not _ASSIGNMENT.fullmatch(word):
            words.append(word)
    if words:
        yield tuple(words)
