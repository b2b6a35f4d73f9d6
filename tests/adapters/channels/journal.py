"""What both sinks share: a journal that survives kills, and answers on demand."""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


class Journal:
    """Append JSON lines that survive the death of this process and of every sender."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()

    def lines(self) -> list[dict[str, Any]]:
        """Return what is written so far; a last line torn by a kill is left out."""
        if self._path is None or not self._path.exists():
            return []
        whole = self._path.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in whole]

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write one entry and return when it is on the disk; `monotonic_s` compares between processes."""
        if self._path is None:
            return
        line = json.dumps({**entry, "monotonic_s": time.monotonic()}) + "\n"
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


@dataclass(frozen=True)
class Answer:
    """How to answer the next `times` messages (None: until told otherwise)."""

    status: int | str
    times: int | None = None
    headers: Mapping[str, str] | None = None
    body: bytes | None = None
    delay_s: float = 0.0


class Answers:
    """Hand out the answer that was asked for, then go back to the friendly one."""

    def __init__(self, friendly: int | str) -> None:
        self._friendly, self._asked = friendly, Answer(friendly)
        self._lock = threading.Lock()

    def ask(self, answer: Answer) -> None:
        """Give this answer from now on, as often as it says."""
        with self._lock:
            self._asked = answer

    def take(self) -> Answer:
        """Return the answer for the message at hand."""
        with self._lock:
            current = self._asked
            if current.times is None:
                return current
            if current.times > 1:
                self._asked = replace(current, times=current.times - 1)
            else:
                self._asked = Answer(self._friendly)
            return current
