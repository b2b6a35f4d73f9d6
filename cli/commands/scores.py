"""Scores: whether the points still tell who converts, and what is learned from outcomes beside them."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.options import AsJson, By


class Kind(StrEnum):
    """Which kind of score is learned."""

    LOGISTIC = "logistic"
    BAYES = "bayes"


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


Version = Annotated[str, typer.Argument(metavar="VERSION", help="What the learned score is called.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="Leads received then or later: a day, or an instant.")
]


@score.command("train")
def train(
    by: By,
    kind: Annotated[
        Kind, typer.Option("--kind", help="logistic is fitted anew; bayes grows with each outcome.")
    ] = Kind.LOGISTIC,
    version: Annotated[
        str | None, typer.Option("--version", metavar="NAME", help="What to call it. Left out: by kind and day.")
    ] = None,
    since: Since = None,
    test: Annotated[
        float,
        typer.Option("--test", metavar="PART", min=0.05, max=0.5, help="Which part, the latest, to examine it on."),
    ] = 0.25,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="Write the model to a file, too.")] = None,
    as_json: AsJson = False,
) -> int:
    """Learn from outcomes, examine what was learned on later leads, and keep it as a draft."""
    from cli import learning  # noqa: PLC0415

    return learning.train(learning.Lesson(by, kind.value, version, since, test, out), as_json)


@score.command("evaluate")
def evaluate(version: Version, since: Since = None, as_json: AsJson = False) -> int:
    """Examine a learned score on leads it has not seen, and what it said when it was asked against what came."""
    from cli import learning  # noqa: PLC0415

    return learning.evaluate(version, since, as_json)


@score.command("compare")
def compare(
    versions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[VERSION]...", help="Left out: the one that counts, the one that looks on, the newest."
        ),
    ] = None,
    since: Since = None,
    as_json: AsJson = False,
) -> int:
    """Hold learned scores and the points against each other on the same leads, which none of them has seen."""
    from cli import learning  # noqa: PLC0415

    return learning.compare(versions or [], since, as_json)


@score.command("list")
def list_scores(as_json: AsJson = False) -> int:
    """List learned scores, newest first."""
    from cli import score_models  # noqa: PLC0415

    return score_models.list_all(as_json)


@score.command("show")
def show(version: Version, as_json: AsJson = False) -> int:
    """Show what a learned score looks at, weightiest first, and how good it was."""
    from cli import score_models  # noqa: PLC0415

    return score_models.show_one(version, as_json)


@score.command("shadow")
def shadow(version: Version, as_json: AsJson = False) -> int:
    """Let a learned score look on: it says how likely each new lead is, and nothing follows from it."""
    from cli import score_models  # noqa: PLC0415

    return score_models.shadow(version, as_json)


@score.command("publish")
def publish(
    version: Version,
    by: By,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Although it has not looked on yet; takes a --reason.")
    ] = False,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why at once; recorded.")] = None,
    as_json: AsJson = False,
) -> int:
    """Let a learned score count, after it has looked on; the one before it is retired."""
    from cli import score_models  # noqa: PLC0415

    return score_models.publish(version, by, at_once, reason, as_json)


@score.command("retire")
def retire(version: Version, as_json: AsJson = False) -> int:
    """Let a learned score neither count nor look on any more."""
    from cli import score_models  # noqa: PLC0415

    return score_models.retire(version, as_json)
