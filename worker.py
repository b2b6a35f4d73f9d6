"""A worker: it works on leads and starts what is due, until it is told to stop. Any number may run."""

import asyncio
import os
import signal
import sys
import zoneinfo

from config.settings import Settings, SettingsError, load_settings
from config.yaml_marks import FileError
from runtime import logs
from runtime.bootstrap import run_worker
from runtime.metering import CannotServeMetrics


async def work(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run_worker(settings, stop)


def main() -> int:
    """Answer with the exit code: 0 stopped as asked, 2 settings that are wrong, or cannot be had."""
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    zoneinfo.reset_tzpath(())  # the pinned tzdata, not the machine's
    logs.configure(settings.log_format, settings.log_level)
    try:
        asyncio.run(work(settings))
    except (CannotServeMetrics, FileError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the SDK's threads abort now and then when the interpreter ends by itself
