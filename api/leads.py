"""One lead or one event in."""

from api.doors import door

router = door("leads")
