"""Handing leads to the marketing tool: by signed webhook, by a file, and a fake for tests, behind the seam in `base`.

Refuses to choose who is enrolled, in what, or for how long: the notice arrives here finished, with its key.
"""
