"""Making learned scores: leads with outcomes in, a model as readable JSON out. Asking one is `policy/learning/`."""
