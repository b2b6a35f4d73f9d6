"""Send a prospect the policy's first answer by mail: plain text, and marked so that no machine answers it (RFC 3834).

It goes out as every mail does, and its repeat carries the same Message-ID. Refuses to write to the sender itself.
"""

from email.message import EmailMessage

from adapters.channels.base import Address, Kind, Message, PermanentFailure, Receipt
from adapters.channels.smtp import SmtpChannel
from adapters.channels.wording import SUBJECT_LIMIT, one_line, paragraphs


class ProspectMail(SmtpChannel):
    """One relay's way to prospects; made as an `SmtpChannel`."""

    name = "answer"

    async def answer(self, key: str, lead_id: str, email: str, subject: str, text: str) -> Receipt:
        """Send one answer. Raises TemporaryFailure or PermanentFailure.

        A name is not written beside the address: a stranger typed it, and it would be the mail's first line.
        """
        if email.casefold() == self._sender.addr_spec.casefold():
            raise PermanentFailure("the prospect's address is our own sender's")
        to = Address(person_id=f"the prospect of {lead_id}", name="", email=email)
        kind = Kind.ACCEPTED  # of the ways to tell a person something; a prospect is shown none of them
        return await self.send(
            Message(key=key, lead_id=lead_id, offer=0, rung=0, kind=kind, to=to, subject=subject, text=text)
        )

    def compose(self, message: Message) -> EmailMessage:
        """Return the mail as it is sent; raises PermanentFailure when there is no usable address."""
        mail = super().compose(message)
        mail.clear_content()
        del mail["X-Baton-Key"], mail["Auto-Submitted"]
        mail.replace_header("Subject", one_line(message.subject, SUBJECT_LIMIT).replace("=?", "= ?"))
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(paragraphs(message.text) + "\n")
        return mail
