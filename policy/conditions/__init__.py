"""What rules ask of a lead: CEL text, checked when it is read, judged without ever raising."""
