"""Drafts tried before they count: examples, comparisons, looking on beside, and experiments (R52)."""
