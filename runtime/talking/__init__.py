"""Talking to leads and of them, for every door: saying a message, noting an outcome, telling where a lead stands.

Doors give a line to Temporal and an open store, and lay out what comes back. This room refuses to know exit codes,
status codes and layouts.
"""
