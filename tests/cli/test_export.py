"""Exports at the command line: printed, or a file that is there whole."""

import csv
import io
import json

from tests.cli.driving import Cli
from tests.cli.house import lead


async def test_leads_are_printed_or_written(cli: Cli) -> None:
    """The same text either way; what is older than `--since` is left out."""
    cli.write("one.json", json.dumps(lead("one", first_name="=cmd()")))
    await cli("start", "one.json", "--no-wait")
    printed = await cli("export", "outcomes")
    assert (0, "", "id,lead_id,source") == (printed.code, printed.err, printed.out[:17])
    written = await cli("export", "leads", "--since", "2026-01-01", "--out", "leads.csv")
    assert (0, "", "leads.csv: 0 lines.\n") == (written.code, written.out, written.err)
    (header,) = csv.reader(io.StringIO(cli.folder.joinpath("leads.csv").read_text()))
    assert "lead_id" == header[0]
    assert [] == list(cli.folder.glob(".*.part"))


async def test_what_cannot_be_is_bad_input(cli: Cli) -> None:
    """An unknown kind, an instant to come, a folder that is not there."""
    cli.write("one.json", json.dumps(lead("one")))
    await cli("start", "one.json", "--no-wait")
    for words, complaint in (
        (["secrets"], "WHAT"),
        (["leads", "--since", "soon"], "--since: is no day and no instant"),
        (["leads", "--since", "2099-01-01"], "--since: lies ahead of us"),
        (["leads", "--out", "no/such/folder.csv"], "--out: cannot be written: No such file or directory"),
    ):
        ran = await cli("export", *words)
        assert (2, "") == (ran.code, ran.out), words
        assert complaint in ran.err
