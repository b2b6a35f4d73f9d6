"""Every area of the console; each has its routes in `router`."""

from types import ModuleType

from api.console import (
    files,
    keys,
    lead,
    lead_acts,
    mine,
    ops,
    ops_channels,
    ops_models,
    ops_outside,
    ops_sources,
    signin,
)

AREAS: tuple[ModuleType, ...] = (
    files,
    keys,
    lead,
    lead_acts,
    mine,
    ops,
    ops_channels,
    ops_models,
    ops_outside,
    ops_sources,
    signin,
)
