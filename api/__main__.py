"""`python -m api`: the HTTP app, until it is told to stop. It acknowledges leads also while Temporal is away."""

import asyncio
import os
import sys
import zoneinfo

import structlog
import uvicorn

from api.app import create_app
from config.settings import Settings, SettingsError, load_settings
from db.engine import DatabaseUnreachable
from db.upgrade import SchemaUnknown
from runtime import logs
from runtime.front import Front, open_front

log = structlog.stdlib.get_logger("baton.doors")

GRACE_S = 10
"""Seconds that requests have to end when it stops."""


async def serve(settings: Settings) -> int:
    """Answer until SIGTERM or SIGINT; 0 stopped as asked, 1 when it cannot listen or the database is too new."""
    async with open_front(settings) as front:
        try:
            await front.store.database.migrate()
        except SchemaUnknown as error:
            sys.stderr.write(f"{error}\n")
            return 1
        except DatabaseUnreachable as error:
            log.warning("doors_wait", because=str(error))
        server = uvicorn.Server(_config(settings, front))
        log.info("doors_open", address=str(settings.http_addr), public_url=settings.public_url)
        await server.serve()
        return 0 if server.started else 1


def _config(settings: Settings, front: Front) -> uvicorn.Config:
    proxies = list(settings.forwarded_allow_ips)
    return uvicorn.Config(
        create_app(front),
        host=settings.http_addr.host,
        port=settings.http_addr.port,
        log_config=None,
        access_log=False,  # paths hold accept links
        lifespan="off",
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=64 * 1024,
    )


def main() -> int:
    """Answer with the exit code: 0 stopped as asked, 1 cannot run, 2 wrong settings."""
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    zoneinfo.reset_tzpath(())  # the pinned tzdata, not the machine's
    logs.configure(settings.log_format, settings.log_level)
    return asyncio.run(serve(settings))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the SDK's threads abort now and then when the interpreter ends by itself
