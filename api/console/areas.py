"""Every area of the console; each has its routes in `router`."""

from types import ModuleType

from api.console import (
    board,
    board_bulk,
    files,
    keys,
    lead,
    lead_acts,
    log,
    members,
    mine,
    mine_figures,
    mine_ledger,
    mine_time,
    ops,
    ops_channels,
    ops_models,
    ops_outside,
    ops_sources,
    signin,
    stream,
)

AREAS: tuple[ModuleType, ...] = (
    board,
    board_bulk,
    files,
    keys,
    lead,
    lead_acts,
    log,
    members,
    mine,
    mine_figures,
    mine_ledger,
    mine_time,
    ops,
    ops_channels,
    ops_models,
    ops_outside,
    ops_sources,
    signin,
    stream,
)
