"""How a tool's payload becomes leads and events, by what its source declares.

It refuses to read bytes, to know a tool by name, and to judge a lead: the door checks what it makes as any other.
"""
