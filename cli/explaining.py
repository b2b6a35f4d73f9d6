"""Why a lead is where it is, as a person or a program reads it on the command line (R29)."""

from cli import reach, reasons
from cli.exits import Code
from cli.looking import ask_about, tell
from cli.output import plain, show
from cli.typed import read_lead_id
from runtime.talking.explaining import explanation_of


def explain(lead_id: str, as_json: bool) -> int:
    """Tell why a lead is where it is. Raises Stop."""
    document = reach.carry_out(ask_about(reach.settings(), explanation_of, read_lead_id(lead_id)))
    tell(document, as_json, lambda: show(plain(document["sentence"]), "", *reasons.explanation(document)))
    return Code.DONE
