"""The vocabulary on the wire: frozen pydantic models and nothing else.

Every word that crosses a process boundary (a lead, a message, an order to an activity, a decision with its
reasons, the shape of a policy file) is defined here once. This room refuses to decide, to read and to write.
"""
