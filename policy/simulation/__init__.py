"""Leads replayed through a policy, with the code that decides and a clock of its own."""
