"""Which account a company is: exact domain, legal name, close name in one country; what is less sure a person says.

Pure: candidates are handed in (`db/accounts.py` finds them). This room refuses to guess: what is only likely is a
possible match, free-mail domains and names that reduce to nothing match nobody (R44, R46).
"""
