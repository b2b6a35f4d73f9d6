"""The machinery around the product: wiring, Temporal client, embedded server, logging.

The only room that reads the clock and builds objects. It refuses to hold business rules.
"""
