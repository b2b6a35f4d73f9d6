"""Ways to tell a person something: log, e-mail, webhook, and a fake for tests, behind the seam in `base`.

Refuses to choose who is told, when, or what: the message arrives here finished, with its key.
"""
