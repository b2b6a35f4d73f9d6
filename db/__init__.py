"""What has to be remembered: tables, and the transactions in which they change.

Each module is one business word with the few questions and changes that anybody may ask of it, each of them one
transaction. The database decides ownership, ledger, capacity and duplicates; this room makes that true on SQLite
and on PostgreSQL. It refuses to decide who gets a lead (that is handed in), to know what time it is (instants are
handed in) and to talk to anybody but the database.
"""
