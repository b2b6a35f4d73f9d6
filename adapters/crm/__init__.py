"""CRMs: what each is told of a lead, over its own API. They refuse to know the database, to retry and to queue."""
