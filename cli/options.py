"""The words that many commands take, each explained once."""

from typing import Annotated

import typer

LeadId = Annotated[str, typer.Argument(metavar="LEAD", help="The lead's id, without the `lead-` of its workflow.")]
RepId = Annotated[str, typer.Option("--rep", metavar="REP", help="Who says it: a rep's id in the roster.")]
By = Annotated[str, typer.Option("--by", metavar="WHO", help="Who asks for it; it is recorded.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in a sentence for others; recorded.")]
Offer = Annotated[
    int | None, typer.Option("--offer", metavar="N", help="The offer that is answered. Left out: the present one.")
]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="Makes it idempotent: a repeat gets the first verdict. Else minted."),
]
Until = Annotated[
    str,
    typer.Option("--until", metavar="WHEN", help="An instant (2026-03-02T09:00:00Z) or a time from now (2h, 90m)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
