"""Who gets a lead: ties, rules to pools, who is eligible, whose turn it is, and why (R9-R29)."""
