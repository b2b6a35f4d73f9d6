"""The console on the doors' fixtures."""

from tests.api.conftest import doors, furnished_file, live_doors

__all__ = ["doors", "furnished_file", "live_doors"]
