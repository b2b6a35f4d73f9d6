"""The pure machine behind a lead: what happens, what is said and what comes back, each mapped to the next state.

No I/O, no clock and no engine: `now` is an argument, what is to be done is an effect. So it is property-tested without
Temporal, and `workflows/lead.py` only carries it out. A change of what it does to leads in flight is guarded there.
"""
