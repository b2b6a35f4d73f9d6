"""A file of leads in, and how far it has come."""

from api.doors import door

router = door("imports")
