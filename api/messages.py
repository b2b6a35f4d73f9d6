"""What people and tools say to a lead."""

from api.doors import door

router = door("messages")
