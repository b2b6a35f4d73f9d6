"""The learned score (R38): what it looks at, how it is evaluated, and how good it was. Plain Python.

This room refuses to fit a model (`runtime/learning/`) and to look at a person's name, address, age or gender.
"""
