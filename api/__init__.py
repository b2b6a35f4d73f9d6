"""The HTTP doors: leads, webhooks and answers in, verdicts and pages out. They hold no rules of their own.

A route reads, asks the room below (`runtime`), and words the answer; what it acknowledges is committed.
"""
