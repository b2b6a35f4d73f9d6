"""Follow-up tasks, and what is handed to other tools."""

from api.doors import door

router = door("tasks")
