"""Everything that commands load late, loaded once: what each of them is forked from (`tests.cli.driving`)."""

import importlib
import pkgutil

import holidays

import cli
import cli.commands
from policy.cleaning.places import read_country

for name in ("aiosqlite", "dateutil.parser", "markdown_it", "typer.rich_utils"):
    importlib.import_module(name)

for room in (cli, cli.commands):
    for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
        importlib.import_module(module.name)

read_country("Deutschland")  # its tables are read when the first name is looked up
for country in ("DE", "GB", "US"):
    holidays.country_holidays(country, years=2026)
