"""Trying a policy on real leads before it is published: beside the published one, or on a share of new leads."""

from typing import Annotated

import typer

from cli.options import AsJson

Draft = Annotated[str, typer.Argument(metavar="FILE", help="The policy to try: a YAML file.")]
Who = Annotated[str, typer.Option("--by", metavar="WHO", help="Who does it; it is recorded.")]
Share = Annotated[float, typer.Option("--share", metavar="SHARE", help="The variant's part of new leads, 0 to 1.")]
Within = Annotated[
    str, typer.Option("--within", metavar="DURATION", help="From receipt on: a later conversion does not count.")
]
Baseline = Annotated[
    float | None, typer.Option("--baseline", metavar="RATE", help="The share of leads that converts now, 0 to 1.")
]
Effect = Annotated[
    float | None, typer.Option("--effect", metavar="RATE", help="The difference worth finding: 0.05 is 5 points.")
]
Alpha = Annotated[float, typer.Option("--alpha", metavar="P", help="How often chance may look like a winner.")]
Power = Annotated[float, typer.Option("--power", metavar="P", help="How surely the effect is found if it is there.")]

shadow = typer.Typer(no_args_is_help=True, help="A draft that judges real leads, too, and acts on nothing.")
ab = typer.Typer(no_args_is_help=True, help="A draft on a share of new leads, compared by what converts.")


@shadow.command("start")
def start_shadow(file: Draft, by: Who, as_json: AsJson = False) -> int:
    """Let a draft look on: it judges each new lead, and what it would do is written down."""
    from cli import shadowing  # noqa: PLC0415

    return shadowing.start(file, by, as_json)


@shadow.command("stop")
def stop_shadow(by: Who, as_json: AsJson = False) -> int:
    """End it; its report stays."""
    from cli import shadowing  # noqa: PLC0415

    return shadowing.stop(by, as_json)


@shadow.command("report")
def report_shadow(
    out: Annotated[str | None, typer.Option("--out", metavar="CSV", help="Write every lead to a file.")] = None,
    as_json: AsJson = False,
) -> int:
    """Say on how many leads the two agree, and lead by lead where they do not, with both reasons."""
    from cli import shadowing  # noqa: PLC0415

    return shadowing.report(out, as_json)


@ab.command("plan")
def plan_experiment(
    baseline: Baseline = None,
    effect: Effect = None,
    share: Share = 0.5,
    within: Within = "30d",
    alpha: Alpha = 0.05,
    power: Power = 0.8,
    as_json: AsJson = False,
) -> int:
    """Say in advance how many leads are needed, and at the present pace how many days."""
    from cli import experiments  # noqa: PLC0415

    wanted = experiments.Wanted(share, "accepted", within, None, None, baseline, effect, alpha, power)
    return experiments.plan(wanted, as_json)


@ab.command("start")
def start_experiment(
    file: Draft,
    by: Who,
    goal: Annotated[str, typer.Option("--goal", metavar="GOAL", help="accepted, contacted, qualified or won.")],
    share: Share = 0.5,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="It ends with so many leads in the smaller arm.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="It ends at an instant.")] = None,
    baseline: Baseline = None,
    effect: Effect = None,
    within: Within = "30d",
    alpha: Alpha = 0.05,
    power: Power = 0.8,
    as_json: AsJson = False,
) -> int:
    """Give a share of new leads a draft; where it ends is fixed before it begins."""
    from cli import experiments  # noqa: PLC0415

    wanted = experiments.Wanted(share, goal, within, sample, until, baseline, effect, alpha, power)
    return experiments.start(file, by, wanted, as_json)


@ab.command("status")
def experiment_status(as_json: AsJson = False) -> int:
    """Say what converts in each arm, and at the planned end which one wins."""
    from cli import experiments  # noqa: PLC0415

    return experiments.status(as_json)


@ab.command("adopt")
def adopt_winner(
    by: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Adopt the variant before the end, or without a difference; recorded.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Publish the winner and end the experiment, in one confirmed act."""
    from cli import experiments  # noqa: PLC0415

    return experiments.adopt(by, yes, anyway, as_json)


@ab.command("stop")
def stop_experiment(by: Who, as_json: AsJson = False) -> int:
    """End the experiment without a winner; leads in flight keep their version."""
    from cli import experiments  # noqa: PLC0415

    return experiments.stop(by, as_json)
