"""Policies: the rules by which leads are judged, and who gets them."""

from typing import Annotated

import typer

from cli.commands import trials
from cli.options import AsJson

File = Annotated[str, typer.Argument(metavar="FILE", help="A YAML file.")]

policy = typer.Typer(no_args_is_help=True, help="The rules: check a policy, publish it, show and compare versions.")
policy.add_typer(trials.shadow, name="shadow")
policy.add_typer(trials.ab, name="ab")


@policy.command("check")
def check_policy(
    file: File,
    roster_file: Annotated[
        str | None,
        typer.Option("--roster", metavar="FILE", help="A roster it has to agree with. Left out: the loaded one."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check a policy file, its own examples too: every mistake with its line."""
    from cli import rulebook  # noqa: PLC0415

    return rulebook.check(file, roster_file, as_json)


@policy.command("publish")
def publish_policy(
    file: File,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who publishes it; it is recorded.")],
    as_json: AsJson = False,
) -> int:
    """Check a policy file and make it the one that new leads get."""
    from cli import rulebook  # noqa: PLC0415

    return rulebook.publish(file, by, as_json)


@policy.command("show")
def show_policy(
    policy_name: Annotated[
        str | None,
        typer.Argument(metavar="[VERSION|FILE]", help="Left out: the one that new leads get."),
    ] = None,
    as_text: Annotated[bool, typer.Option("--text", help="Print the very text.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show all entries of long lists.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show a policy as a page: what we look for, whose it is, who gets it, by when."""
    from cli import page  # noqa: PLC0415

    return page.show(policy_name, as_text, everything, as_json)


@policy.command("list")
def list_policies(as_json: AsJson = False) -> int:
    """List published versions, newest first."""
    from cli import rulebook  # noqa: PLC0415

    return rulebook.list_versions(as_json)


@policy.command("diff")
def diff_policies(
    a: Annotated[str, typer.Argument(metavar="A", help="A published version, or a file.")],
    b: Annotated[str, typer.Argument(metavar="B", help="A published version, or a file.")],
    as_text: Annotated[bool, typer.Option("--text", help="Compare their texts, as a unified diff.")] = False,
    as_json: AsJson = False,
) -> int:
    """Compare two policies: which rules and keys differ, and how."""
    from cli import rulebook_diff  # noqa: PLC0415

    return rulebook_diff.diff(a, b, as_text, as_json)


@policy.command("simulate")
def simulate_policy(
    draft: Annotated[
        str | None, typer.Argument(metavar="[FILE|VERSION]", help="Left out: the one that new leads get.")
    ] = None,
    leads: Annotated[
        str | None, typer.Option("--leads", metavar="FILE", help="Leads to replay, as `start` takes them; - for stdin.")
    ] = None,
    history: Annotated[
        str | None, typer.Option("--history", metavar="SPAN", help="Replay the leads of the last so long: 90d, 36h.")
    ] = None,
    roster_file: Annotated[
        str | None, typer.Option("--roster", metavar="FILE", help="A roster. Left out: the one that is loaded.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="FILE|VERSION", help="Compare with this policy, lead by lead.")
    ] = None,
    handling: Annotated[
        str | None,
        typer.Option("--handling", metavar="SPAN", help="Working time from an offer to the first contact [2h]."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="WHEN", help="When leads came that name no time. Left out: now.")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE.csv", help="Write one line for each lead.")] = None,
    as_json: AsJson = False,
) -> int:
    """Replay leads through a policy: owners, load, shares, promises, and what would be different."""
    from cli.simulating import Request, simulate  # noqa: PLC0415

    return simulate(Request(draft, leads, history, roster_file, against, handling, at, out, as_json))
