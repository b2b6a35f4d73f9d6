"""Breaking a file in one place, and where and how that has to be told."""

from typing import NamedTuple

import pytest

from config.load import FileError, read_policy, read_roster


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Change each first occurrence; what is not there would test nothing."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def line_of(text: str, part: str) -> int:
    """Give the line on which a part stands."""
    return text[: text.index(part)].count("\n") + 1


class Mistake(NamedTuple):
    """A change that breaks a file, the text on whose line it is told, and what is told."""

    old: str
    new: str
    at: str
    says: str

    def told_of(self, text: str) -> tuple[str, str]:
        """Give the broken text, and the line that has to be said about it."""
        broken = changed(text, (self.old, self.new))
        return broken, f"{line_of(broken, self.at)}: {self.says}"


def wrong_policy(text: str) -> list[str]:
    """List what is wrong with a policy's text, as `line: key: what`."""
    with pytest.raises(FileError) as caught:
        read_policy(text, "p.yaml")
    assert all(line.startswith("p.yaml:") for line in caught.value.lines)
    return [line.removeprefix("p.yaml:") for line in caught.value.lines]


def wrong_roster(text: str) -> list[str]:
    """List what is wrong with a roster's text, as `line: key: what`."""
    with pytest.raises(FileError) as caught:
        read_roster(text, "r.yaml")
    return [line.removeprefix("r.yaml:") for line in caught.value.lines]
