"""Write for the marketing tool what it is to do: one line of JSON for each notice, appended to one file.

A line is on the disk before it counts as told. A repeat may stand there twice: its `key` says so. Several workers may
write to the same file, and who reads it may move it away at any time.
"""

import asyncio
import fcntl
import os
from pathlib import Path

from adapters.channels.base import PermanentFailure, Receipt, TemporaryFailure
from adapters.marketing.base import MarketingTool, Notice, compose

PRIVATE = 0o600


class MarketingFile(MarketingTool):
    """Append each notice to `path`, which is made, readable for its owner alone, where it is missing."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    async def tell(self, notice: Notice) -> Receipt:
        """Append it once. Raises TemporaryFailure for a full disk, PermanentFailure for a file nobody may write."""
        line = compose(notice) + b"\n"
        try:
            await asyncio.to_thread(self._append, line)
        except (PermissionError, IsADirectoryError, NotADirectoryError) as error:
            raise PermanentFailure(f"the file cannot be written: {type(error).__name__}") from None
        except OSError as error:
            raise TemporaryFailure(f"the file cannot be written now: {type(error).__name__}") from None
        return Receipt(self.name, None, "written")

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A read, too: a line that a crash cut short must not swallow the next one.
        handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # until it is closed: nobody looks at the end while another writes
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                line = b"\n" + line
            while line:  # one write almost always; a full disk may take a part only, and says so next time
                line = line[os.write(handle, line) :]
            os.fsync(handle)
        finally:
            os.close(handle)
