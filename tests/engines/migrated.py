"""Databases with empty tables: migrating takes longer than most tests, so it is done once."""

from db.engine import Database


async def migrate(url: str) -> None:
    """Bring a database up to date."""
    database = Database(url)
    await database.migrate()
    await database.dispose()
