"""Webhooks of any tool in, and those that could not be read."""

from api.doors import door

router = door("hooks")
