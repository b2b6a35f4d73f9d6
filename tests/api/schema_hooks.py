"""What schemathesis has no words for: lines of JSON."""

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines_of_json(_context: Any, value: Any) -> bytes:
    """Write what was generated as lines; text goes as it is."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
