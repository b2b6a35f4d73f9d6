"""Who may get leads."""

from api.doors import door

router = door("roster")
