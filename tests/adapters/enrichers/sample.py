"""One invented company as a provider would send it, and the instant at which the enricher tests ask."""

from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.enrichers.findings import EnrichedField

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BUDGET = timedelta(seconds=5)

PATHS = {
    EnrichedField.NAME: "company.name",
    EnrichedField.DOMAIN: "company.domain",
    EnrichedField.EMPLOYEES: "company.metrics.employees",
    EnrichedField.INDUSTRY: "company.category",
    EnrichedField.COUNTRY: "offices.0.country",
    EnrichedField.CITY: "offices.0.city",
    EnrichedField.TECH: "company.tech",
}
ACME: dict[str, Any] = {
    "company": {
        "name": "Acme Robotics",
        "domain": "acme.example",
        "metrics": {"employees": 420},
        "category": "Manufacturing",
        "tech": ["postgresql", "salesforce"],
    },
    "offices": [{"country": "Germany", "city": "Bremen"}],
}
