"""Every area of the console; each has its routes in `router`."""

from types import ModuleType

from api.console import files, ops, signin

AREAS: tuple[ModuleType, ...] = (files, ops, signin)
