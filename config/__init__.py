"""What the operating company sets: environment and files.

The only room that reads either. It refuses to build objects from them, as `runtime.bootstrap` does, and to
decide anything.
"""
