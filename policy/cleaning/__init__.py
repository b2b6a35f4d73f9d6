"""What came in, read as a lead: addresses, phones, places, titles and zones in one form each (R42)."""
