"""Every area of the console; each has its routes in `router`."""

from types import ModuleType

from api.console import files, lead, lead_acts, mine, ops, ops_sources, signin

AREAS: tuple[ModuleType, ...] = (files, lead, lead_acts, mine, ops, ops_sources, signin)
