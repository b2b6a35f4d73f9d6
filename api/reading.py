"""What is to be known about leads."""

from api.doors import door

router = door("reading")
