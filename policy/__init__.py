"""Decisions as arithmetic: facts, policy and an instant in, a decision with its reasons out; no I/O, no clock."""
