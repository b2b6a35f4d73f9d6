"""What figures mean: buckets of time, survival, shares, who is on shift. Pure; the counting is the database's."""
