"""The quarterly review at the command line: written now, kept, printed or put into a file (R53)."""

from pathlib import Path

from cli import reach
from cli.exits import BadInput, Code
from cli.output import say, say_json
from cli.typed import read_person
from config.settings import Settings
from policy.insight.quarter import Quarter, quarter_of, read_quarter
from runtime import clock, quarterly
from runtime.quarterly import NothingToReview, Written


def write(quarter: str | None, by: str, out: str | None, as_json: bool) -> int:
    """Review a quarter, the last whole one unless said, and keep it. Raises BadInput and Unreachable."""
    who, wanted = read_person(by), _read(quarter)
    number, found = reach.carry_out(_write(reach.settings(), wanted, who))
    if as_json:
        say_json({"report": number, "quarter": str(wanted), **found.document})
        return Code.DONE
    if out is None:
        say(found.text.rstrip())
        return Code.DONE
    try:
        Path(out).write_text(found.text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--out: {out}: cannot be written: {error.strerror or error}") from None
    say(f"{out}: the review of {wanted}, kept as report {number}.")
    return Code.DONE


def _read(text: str | None) -> Quarter:
    today = quarter_of(clock.now().date())
    if text is None:
        return today.before
    try:
        quarter = read_quarter(text)
    except ValueError as error:
        raise BadInput(f"QUARTER: {error}") from None
    if quarter > today:
        raise BadInput(f"QUARTER: {quarter} has not begun")
    return quarter


async def _write(settings: Settings, quarter: Quarter, by: str) -> tuple[int | None, Written]:
    async with reach.store(settings) as store:
        try:
            found = await quarterly.write(store, quarter)
        except NothingToReview as no:
            raise BadInput(str(no)) from None
        return await quarterly.keep(store, found, by=by, at=clock.now()), found
