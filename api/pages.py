"""The pages that links in messages open."""

from api.doors import door

router = door("pages")
