"""Whether the doors live, whether they can take what comes, and what to watch."""

from api.doors import door

router = door("operations")
