"""What is measured of leads, at the command line: how far it is, and all of it anew."""

from dataclasses import asdict

from cli import reach
from cli.exits import Code
from cli.output import facts, instant, say, say_json, stamp
from cli.output import show as show_parts
from cli.progress import Bar
from config.settings import Settings
from models.figures import Measured
from runtime import clock
from runtime.measuring import Measurer


def show(as_json: bool) -> int:
    """Say what is measured. Raises Stop."""
    found = reach.carry_out(_measured(reach.settings()))
    if as_json:
        days = {"first": found.first and found.first.isoformat(), "last": found.last and found.last.isoformat()}
        say_json(asdict(found) | days | {"until": stamp(found.until)})
        return Code.DONE
    show_parts(
        facts(
            {
                "measured": f"{found.leads:,} leads",
                "received": f"{found.first} to {found.last}" if found.first else "none yet",
                "last change": instant(found.until) if found.until else "nothing is measured yet",
                "changed since": f"{found.behind:,} leads; a worker measures them within seconds",
            }
        )
    )
    return Code.DONE


def rebuild(as_json: bool) -> int:
    """Measure everything anew. Raises Stop."""
    number = reach.carry_out(_rebuild(reach.settings()))
    if as_json:
        say_json({"leads": number})
    else:
        say(f"measured {number:,} lead{'' if number == 1 else 's'} anew.")
    return Code.DONE


async def _measured(settings: Settings) -> Measured:
    async with reach.store(settings) as store:
        return await store.figures.measured()


async def _rebuild(settings: Settings) -> int:
    async with reach.store(settings) as store:
        found = await store.figures.measured()
        with Bar("leads measured", found.leads + found.behind) as bar:
            return await Measurer(store, clock.now).everything(bar.reach)
