"""Leads as files and people write them, turned into what the inbox keeps; every door uses it.

It refuses what the next room would refuse, naming the line and the field, and judges nothing else.
"""
