"""Running the migrations from the program itself, inside a transaction that is already open."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaUnknown(Exception):
    """The database was migrated by a release of Baton that this one does not know."""


def alembic_config(connection: Connection) -> Config:
    """Configure Alembic to work on `connection` and nowhere else."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the tables to this release within the open transaction. Raises `SchemaUnknown`."""
    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise SchemaUnknown(f"the database's tables are not of this release: {error}") from None
