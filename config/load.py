"""Policies and rosters from files: read, checked, and wrong ones explained line by line.

Public holidays are looked up while a file is read, unless it holds them (`config.freezing`). This room refuses to
repair a file, and to decide by it.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from config.freezing import fill_in, frozen_text
from config.model_errors import spots_of
from config.opening import read_file
from config.reading import read_as
from config.yaml_marks import FileError, Marked, Spot, read_yaml
from models.policy import Policy
from models.roster import Roster
from policy.agreement import disagreements
from policy.compiled import CompiledPolicy, PolicyError, compile_policy
from policy.trials.examples import run_examples

__all__ = [
    "SHIPPED",
    "FileError",
    "PolicyFile",
    "Spot",
    "check_agreement",
    "check_examples",
    "compile_text",
    "open_policy",
    "read_policy",
    "read_roster",
    "version_of",
]

SHIPPED = Path(__file__).parent / "policies"
"""Where the policies that Baton ships with are: `default.yaml`, `demo.yaml`."""


@dataclass(frozen=True)
class PolicyFile:
    """A policy that was read and compiled, and still knows on which line everything stands.

    `text` is what to publish: the file's, with the public holidays that were looked up frozen into it.
    """

    compiled: CompiledPolicy
    text: str
    _marked: Marked

    @property
    def policy(self) -> Policy:
        """Give what the file says."""
        return self.compiled.policy

    @property
    def version(self) -> str:
        """Give the version that follows from its content."""
        return self.compiled.version

    def disagree(self, roster: Roster) -> tuple[Spot, ...]:
        """Find every name of a pool or a person that the roster does not have."""
        return spots_of(self._marked, disagreements(self.policy, roster))

    def fail(self, roster: Roster | None) -> tuple[Spot, ...]:
        """Run the policy's own examples; find each expectation that does not come out (`policy/trials/examples.py`)."""
        failures = run_examples(self.compiled, roster)
        return spots_of(self._marked, [failure.problem for failure in failures])

    def refuse(self, spots: tuple[Spot, ...]) -> None:
        """Raise FileError if there are spots."""
        if spots:
            raise FileError(self._marked.file, spots)


def open_policy(source: Path | str, file: str = "policy") -> PolicyFile:
    """Read a policy as `read_policy` does, and keep its lines, to check it further. Raises FileError."""
    marked = _read(source, file)
    wrong = fill_in(marked)
    compiled = _compile(marked, _version(marked), wrong)
    # As Python reads a text, whatever ends the lines of a file.
    text = frozen_text(marked).replace("\r\n", "\n").replace("\r", "\n")
    return PolicyFile(compiled, text, marked)


def read_policy(source: Path | str, file: str = "policy") -> tuple[Policy, CompiledPolicy]:
    """Read a policy from a file (a Path), or from its text; `file` is what messages about a text call it.

    The version follows from the content (see `version_of`). Raises FileError with a line for everything wrong.
    """
    opened = open_policy(source, file)
    return opened.policy, opened.compiled


def compile_text(text: str, version: str) -> CompiledPolicy:
    """Compile the text of a policy that was published as `version`. Raises FileError, as `read_policy`.

    Nothing is looked up: a calendar that keeps public holidays has to have its dates in the text.
    """
    marked = read_yaml(text, version)
    wrong = fill_in(marked, None)
    return _compile(marked, version, wrong)


def read_roster(source: Path | str, file: str = "roster") -> Roster:
    """Read a roster from a file (a Path), or from its text. Raises FileError with a line for everything wrong."""
    marked = _read(source, file)
    wrong = fill_in(marked)
    return read_as(Roster, marked, wrong)


def check_agreement(source: Path | str, roster: Roster, file: str = "policy") -> None:
    """Check that a policy names only pools and people the roster has. Raises FileError with a line for each other."""
    opened = open_policy(source, file)
    opened.refuse(opened.disagree(roster))


def check_examples(source: Path | str, roster: Roster | None, file: str = "policy") -> None:
    """Check that a policy's own examples come out as they say. Raises FileError with a line for each that does not."""
    opened = open_policy(source, file)
    opened.refuse(opened.fail(roster))


def version_of(text: str) -> str:
    """Name the version of a policy's text by its content: `default-3f2a9c1e`.

    Comments, layout and the order of keys do not count; every value does. Raises FileError if it is not YAML.
    """
    marked = read_yaml(text, "policy")
    if wrong := fill_in(marked):
        raise FileError(marked.file, wrong)
    return _version(marked)


def _version(marked: Marked) -> str:
    content = json.dumps(marked.data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    name = marked.data.get("name", "policy") if isinstance(marked.data, dict) else "policy"
    return f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _read(source: Path | str, file: str) -> Marked:
    return read_yaml(source, file) if isinstance(source, str) else read_file(source)


def _compile(marked: Marked, version: str, wrong: tuple[Spot, ...]) -> CompiledPolicy:
    try:
        return compile_policy(read_as(Policy, marked, wrong), version)
    except PolicyError as error:
        raise FileError(marked.file, spots_of(marked, error.problems)) from None
