"""Everything that commands load late, loaded once: what each of them is forked from (`tests.cli.driving`)."""

import importlib
import pkgutil

import aiosqlite
import dateutil.parser
import holidays
import markdown_it
import typer.rich_utils

import cli
import cli.commands
from policy.cleaning.places import read_country

__all__ = ["aiosqlite", "dateutil", "markdown_it", "typer"]

for room in (cli, cli.commands):
    for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
        importlib.import_module(module.name)

read_country("Deutschland")  # its tables are read when the first name is looked up
for country in ("DE", "GB", "US"):
    holidays.country_holidays(country, years=2026)
