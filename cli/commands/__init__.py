"""What can be typed: one function for each command, its words and their help. All work is done by the rooms beside.

Modules here import nothing heavy at the top: `--help` and `due` answer at once.
"""
