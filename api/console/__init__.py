"""The console: pages for people, written on the server.

Each reads the database; what one does goes the way of messages.
"""
