"""What Baton costs, measured against a baseline in the same run: `python -m bench`.

The product never imports this room. It refuses to judge: a number is no test, and no test waits for one.
"""
