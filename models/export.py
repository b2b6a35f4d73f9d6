"""What can be taken out as a file."""

from enum import StrEnum


class Export(StrEnum):
    """Everything of one kind, a line each."""

    LEADS = "leads"
    ACCOUNTS = "accounts"
    CONTACTS = "contacts"
    OUTCOMES = "outcomes"
