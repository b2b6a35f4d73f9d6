"""Clicks in Slack."""

from api.doors import door

router = door("slack")
