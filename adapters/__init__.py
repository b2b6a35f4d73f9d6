"""The outside world, one folder per family: each has a seam (`base`), its vendors and a fake.

Refuses to decide anything: an adapter is told what to do and reports what the outside answered.
"""
