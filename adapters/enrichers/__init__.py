"""What a lead's company is, asked from providers: a seam, its vendors, a cache, a waterfall and a fake.

This room refuses to decide what a fact means for a lead and to hold a lead up: every question has a time
budget, and an answer that is not had is said with its reason.
"""
