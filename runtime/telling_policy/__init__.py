"""What is said of a policy in words: its page, what differs between two, what a simulation found.

The command line and the console say it by the same code; how it is laid out is theirs. This room changes nothing.
"""
