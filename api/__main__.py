"""`python -m api`: the HTTP app, until it is told to stop. It acknowledges leads also while Temporal is away."""

import asyncio
import os
import signal
import sys
import zoneinfo
from collections.abc import Sequence

import structlog

from api.app import create_app
from api.serving import listener
from config.settings import Settings, SettingsError, load_settings
from db.engine import DatabaseUnreachable
from db.upgrade import SchemaUnknown
from runtime import logs
from runtime.front import open_front

log = structlog.stdlib.get_logger("baton.doors")


async def serve(settings: Settings) -> int:
    """Answer until SIGTERM or SIGINT; 0 stopped as asked, 1 when it cannot listen or the database is newer than we."""
    async with open_front(settings) as front:
        try:
            await front.store.database.migrate()
        except SchemaUnknown as error:
            sys.stderr.write(f"{error}\n")
            return 1
        except DatabaseUnreachable as error:
            log.warning("doors_without_database", because=str(error))
        server = listener(create_app(front), settings.http_addr, settings.forwarded_allow_ips)

        def stop() -> None:
            server.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        log.info("doors_open", address=str(settings.http_addr), public_url=settings.public_url)
        try:
            await server.serve()
        except SystemExit:  # its way of saying that the address cannot be had, which it has logged
            return 1
        log.info("doors_closed")
        return 0


USAGE = (
    "python -m api takes no words: where it listens, and all else, is in the environment (docs/reference/settings.md)\n"
)


def main(words: Sequence[str]) -> int:
    """Answer with the exit code: 0 stopped as asked, 1 cannot run, 2 wrong settings or words."""
    if words:
        asked = words[0] in ("-h", "--help")
        (sys.stdout if asked else sys.stderr).write(USAGE)
        return 0 if asked else 2
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    zoneinfo.reset_tzpath(())  # the pinned tzdata, not the machine's
    logs.configure(settings.log_format, settings.log_level)
    return asyncio.run(serve(settings))


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the SDK's threads abort now and then when the interpreter ends by itself
