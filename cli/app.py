"""Every command under its name, in the groups that help shows them in."""

import typer

from cli.commands import answers, console, exports, files, follow_up, hours, leads, orders, oversight, privacy, reading
from cli.commands.accounts import accounts
from cli.commands.contacts import contacts
from cli.commands.crm import crm
from cli.commands.hooks import hooks, sources
from cli.commands.keys import keys
from cli.commands.measures import measures
from cli.commands.providers import providers
from cli.commands.roster import roster
from cli.commands.routing import routing
from cli.commands.scores import score

LEADS, ANSWERS, ORDERS, RULES, HOURS = "Leads", "Answers", "Managers and ops", "People and rules", "Business time"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Pass sales leads on like a baton: at every instant exactly one person holds each.",
    epilog="Exit codes: 0 done, 1 refused, 2 bad input, 3 Temporal or the database cannot be reached.",
)

app.command("start", rich_help_panel=LEADS)(leads.start)
app.command("status", rich_help_panel=LEADS)(reading.status)
app.command("explain", rich_help_panel=LEADS)(reading.explain)
app.command("timeline", rich_help_panel=LEADS)(reading.timeline)
app.command("link", rich_help_panel=LEADS)(reading.link)
app.command("list", rich_help_panel=LEADS)(reading.list_leads)
app.command("watch", rich_help_panel=LEADS)(reading.watch)
app.command("export", rich_help_panel=LEADS)(exports.export)

for answer in (
    answers.accept,
    answers.decline,
    answers.contacted,
    answers.snooze,
    answers.undo,
    answers.event,
    answers.outcome,
):
    app.command(rich_help_panel=ANSWERS)(answer)
for order in (
    orders.reassign,
    orders.handover,
    orders.take,
    orders.acknowledge,
    orders.extend,
    orders.pause,
    orders.resume,
    orders.escalate,
    orders.adjust,
    orders.requalify,
    orders.disqualify,
):
    app.command(rich_help_panel=ORDERS)(order)

app.command(rich_help_panel=ORDERS)(oversight.audit)
app.command(rich_help_panel=ORDERS)(oversight.digest)
app.command(rich_help_panel=ORDERS)(oversight.review)
app.command(rich_help_panel=ANSWERS)(follow_up.tasks)
app.add_typer(follow_up.handoffs, name="handoffs", rich_help_panel=ORDERS)
app.add_typer(contacts, name="contacts", rich_help_panel=LEADS)

app.command(rich_help_panel=ORDERS)(privacy.erase)
app.add_typer(privacy.secrets, name="secrets", rich_help_panel=RULES)
app.add_typer(sources, name="sources", rich_help_panel=RULES)
app.add_typer(hooks, name="hooks", rich_help_panel=ORDERS)

app.add_typer(providers, name="providers", rich_help_panel=ORDERS)
app.add_typer(crm, name="crm", rich_help_panel=ORDERS)
app.add_typer(measures, name="measures", rich_help_panel=ORDERS)
app.command("signin", rich_help_panel=ORDERS)(console.signin)
app.add_typer(console.members, name="members", rich_help_panel=ORDERS)
app.add_typer(keys, name="keys", rich_help_panel=ORDERS)
app.add_typer(accounts, name="accounts", rich_help_panel=RULES)
app.add_typer(roster, name="roster", rich_help_panel=RULES)
app.add_typer(routing, name="routing", rich_help_panel=ORDERS)
app.add_typer(files.policy, name="policy", rich_help_panel=RULES)
app.add_typer(score, name="score", rich_help_panel=RULES)

app.command("due", rich_help_panel=HOURS)(hours.due)
app.command("elapsed", rich_help_panel=HOURS)(hours.elapsed)
