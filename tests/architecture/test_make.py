"""The words one types are there, and the machine that checks a change types the same ones."""

import os
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def recorded_make(tmp_path: Path) -> Path:
    """A `make` that writes down its words, and fails when they are those in the file `fails`."""
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\necho "$*" >> "${0%/*}/typed"\n! grep -qxF "$*" "${0%/*}/fails" 2>/dev/null\n')
    make.chmod(0o755)
    return make


def run_ci(root: Path, make: Path) -> int:
    """Run the checking machine's script with that `make` first on the path."""
    path = f"{make.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [root / ".ci" / "run"], env={**os.environ, "PATH": path}, check=False, capture_output=True, cwd="/"
    )
    return done.returncode


def test_every_promised_word_is_listed(root: Path) -> None:
    """`make` alone says what there is, without installing anything."""
    done = subprocess.run(["make", "--no-print-directory"], capture_output=True, text=True, check=True, cwd=root)
    listed = [line.split()[1] for line in done.stdout.splitlines()]
    assert {"run", "demo", "test", "soak", "check", "bench", "help"} <= set(listed)


def test_the_pinned_time_zones_win(root: Path) -> None:
    """Every command runs with an empty PYTHONTZPATH: a due time is the same on every machine."""
    done = subprocess.run(
        ["make", "--no-print-directory", "--file=-", "show"],
        input='include Makefile\nshow:\n\t@echo "[$${PYTHONTZPATH-unset}]"\n',
        env={name: value for name, value in os.environ.items() if name != "PYTHONTZPATH"},
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_change_is_checked_by_the_words_one_types(root: Path, recorded_make: Path) -> None:
    """`make check`, then `make test`."""
    assert run_ci(root, recorded_make) == 0
    assert ["check", "test"] == (recorded_make.parent / "typed").read_text().split()


def test_a_failing_check_fails_the_change(root: Path, recorded_make: Path) -> None:
    """Nothing goes on after a failure."""
    (recorded_make.parent / "fails").write_text("check\n")
    assert run_ci(root, recorded_make) != 0
    assert ["check"] == (recorded_make.parent / "typed").read_text().split()
