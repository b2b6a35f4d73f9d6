"""Every effect of a lead's life, as methods of classes that are given what they need.

`contract` is the typed menu that workflows order from; the other modules are the kitchens. This room refuses to read
the wall clock: eligibility is judged at the activity's own start, plans at the order's instant.
"""
