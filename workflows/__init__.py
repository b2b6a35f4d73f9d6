"""The story of a lead, deterministic: what happens next, and on which timer.

`lead` tells it, the pure machine behind it is in `ladder/`. This room refuses to decide who, how much or
by when: that is ordered from activities and recorded. It imports models and the menu of activities, nothing else.
"""
