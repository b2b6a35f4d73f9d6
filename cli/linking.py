"""The link that a message about a lead holds, printed: to try the page, or for somebody whose message got lost.

It refuses to send anything, and to make a link for anybody but who has the lead or answers for it.
"""

from adapters.links import LinkKind
from cli import looking, reach
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.output import say, say_json
from cli.typed import read_lead_id
from config.settings import variable
from runtime.reaching import links_of
from runtime.talking.looking import status_of


def link(lead_id: str, manager: bool, as_json: bool) -> int:
    """Print whose page of a lead is where. Raises Stop."""
    settings = reach.settings()
    links = links_of(settings)
    if links is None:
        raise BadInput(f"{variable('secret_keys')}: links are signed with it; give what the worker has")
    known = reach.carry_out(looking.ask_about(settings, status_of, read_lead_id(lead_id)))
    kind: LinkKind = "alert" if manager else "offer"
    person = known["answerable" if manager else "owner"]
    if person is None:
        raise RefusedByBusiness(
            f"refused: nobody answers for it now (stage {known['stage']})"
            if manager
            else f"refused: nobody has it now (stage {known['stage']}); --manager is for who answers for it"
        )
    url = links.url(known["lead_id"], known["offer"], person, kind)
    if as_json:
        say_json({"lead_id": known["lead_id"], "person_id": person, "kind": kind, "offer": known["offer"], "url": url})
    else:
        say(f"{person}  {url}")
    return Code.DONE
