"""Find links in our Markdown files that lead nowhere: to a missing file, or to a heading that is not there.

`make check` runs it. It refuses to go out on the network: a page of somebody else's is not ours to check.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

SKIPPED = {"node_modules", "__pycache__"}
"""Folders that hold no documents of ours; hidden folders are skipped too."""

_FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)[^\n]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?(?P<target>[^\s)>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(?P<target>[^\s>]+)>?", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(?P<title>.+?)\s*#*$", re.MULTILINE)
_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"(?P<name>[^\"]+)\"")
_ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def documents(root: Path) -> list[Path]:
    """List the Markdown files below `root`, in order."""
    return sorted(
        path
        for path in root.rglob("*.md")
        if not any(part in SKIPPED or part.startswith(".") for part in path.relative_to(root).parts)
    )


def dead_links(document: Path, root: Path) -> Iterator[str]:
    """Give a sentence for each link of one document that leads nowhere, with its line."""
    text = _without_code(document.read_text(encoding="utf-8"))
    for found in sorted([*_LINK.finditer(text), *_DEFINITION.finditer(text)], key=lambda found: found.start()):
        target = found["target"]
        if _ELSEWHERE.match(target):
            continue
        problem = _problem(document, root, unquote(target))
        if problem is not None:
            line = text.count("\n", 0, found.start()) + 1
            yield f"{document.relative_to(root)}:{line}: {target} {problem}"


def anchors(document: Path) -> set[str]:
    """Name every place of a document that a link can point at, as GitHub derives it from the headings."""
    raw = document.read_text(encoding="utf-8")
    text = _FENCE.sub("", raw)
    names: set[str] = {found["name"] for found in _ANCHOR.finditer(text)}
    for found in _HEADING.finditer(text):
        slug = _slug(found["title"])
        unique, number = slug, 0
        while unique in names:
            number += 1
            unique = f"{slug}-{number}"
        names.add(unique)
    return names


def _problem(document: Path, root: Path, target: str) -> str | None:
    path, _, anchor = target.partition("#")
    goal = document if not path else (root / path[1:] if path.startswith("/") else document.parent / path)
    if not goal.resolve().is_relative_to(root.resolve()):
        return "leads out of the repository"
    if not goal.exists():
        return "does not exist"
    if anchor and goal.suffix == ".md" and anchor not in anchors(goal):
        return "has no such heading"
    return None


def _slug(title: str) -> str:
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "")
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def _without_code(text: str) -> str:
    """Blank out code, keeping the lines: what looks like a link there is none."""
    for pattern in (_FENCE, _CODE):
        text = pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    return text


def main() -> int:
    """Print each dead link; 0 when there is none."""
    root = Path.cwd()
    found = [problem for document in documents(root) for problem in dead_links(document, root)]
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
