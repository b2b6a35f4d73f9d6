"""Temporal for the tests: a client that speaks as the product does, and the time-skipping server.

The search attributes are written out here, from the contract: a test that took them from the product could not
notice a renamed one.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.common import SearchAttributeIndexedValueType as Kind
from temporalio.testing import WorkflowEnvironment

from runtime.conversion import data_converter
from runtime.embedded import NAMESPACE, temporal_binary

LEAD_ATTRIBUTES: Mapping[str, Kind] = {
    "LeadStage": Kind.KEYWORD,
    "LeadOwner": Kind.KEYWORD,
    "LeadTeam": Kind.KEYWORD,
    "LeadRegion": Kind.KEYWORD,
    "LeadType": Kind.KEYWORD,
    "LeadIntent": Kind.KEYWORD,
    "LeadFit": Kind.KEYWORD,
    "LeadPolicy": Kind.KEYWORD,
    "LeadScore": Kind.INT,
    "LeadRung": Kind.INT,
    "LeadDueAt": Kind.DATETIME,
    "LeadReceivedAt": Kind.DATETIME,
    "LeadBreached": Kind.BOOL,
}


@asynccontextmanager
async def time_skipping() -> AsyncIterator[WorkflowEnvironment]:
    """Run a time-skipping server of its own, with the leads' search attributes."""
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=data_converter(),
        test_server_existing_path=str(temporal_binary("temporal-test-server")),
    )
    async with environment:
        attributes = {name: IndexedValueType.ValueType(int(kind)) for name, kind in LEAD_ATTRIBUTES.items()}
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=NAMESPACE, search_attributes=attributes)
        )
        yield environment
