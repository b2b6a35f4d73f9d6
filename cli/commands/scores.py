"""Scores: whether the points still tell who converts, and what is learned from outcomes beside them."""

from typing import Annotated

import typer

from cli.options import AsJson

score = typer.Typer(no_args_is_help=True, help="Whether scores tell who converts, and what is learned from outcomes.")


@score.command("review")
def review(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[POLICY]", help="A version, or a file. Left out: the policy that new leads get."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Leads received then or later: a day, or an instant.")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="Write the document to a file.")] = None,
    as_json: AsJson = False,
) -> int:
    """Hold the points against outcomes: conversion by points, the threshold, and rule by rule."""
    from cli import reviewing  # noqa: PLC0415

    return reviewing.show(name, since, out, as_json)
