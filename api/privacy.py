"""Erasure."""

from api.doors import door

router = door("privacy")
