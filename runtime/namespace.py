"""What a Temporal namespace must have before a lead runs in it: search attributes, and histories kept.

It works on any Temporal that allows it, the embedded one and a cluster alike. It refuses to change what is
there with another meaning: a search attribute of another type is an error.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    DescribeNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.common import SearchAttributeIndexedValueType
from temporalio.service import RPCError, RPCStatusCode, ServiceClient

_POLL_SECONDS = 0.05


class NamespaceError(Exception):
    """Say what in the namespace is not as the leads need it."""


async def keep_histories(service: ServiceClient, namespace: str, retention: timedelta) -> None:
    """Keep closed histories at least `retention`; a longer one stays. Raises RPCError."""
    wanted = Duration(seconds=int(retention.total_seconds()))
    now = await service.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    if now.config.workflow_execution_retention_ttl.ToTimedelta() < retention:
        config = NamespaceConfig(workflow_execution_retention_ttl=wanted)
        await service.workflow_service.update_namespace(UpdateNamespaceRequest(namespace=namespace, config=config))


async def register_attributes(
    service: ServiceClient, namespace: str, attributes: Mapping[str, SearchAttributeIndexedValueType]
) -> None:
    """Register the attributes that are missing and return once they can be searched by.

    Raises NamespaceError when one is there with another type, and RPCError. The caller sets the time limit.
    """
    known = await service.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))
    missing: dict[str, IndexedValueType.ValueType] = {}
    for name, kind in attributes.items():
        registered = known.custom_attributes.get(name)
        if registered is None:
            missing[name] = IndexedValueType.ValueType(int(kind))
        elif registered != int(kind):
            raise NamespaceError(f"Search attribute {name} is there with another type than {type_word(kind)}.")
    if not missing:
        return
    await service.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=namespace, search_attributes=missing)
    )
    for name in missing:
        await _searchable(service, namespace, name)


def type_word(kind: SearchAttributeIndexedValueType) -> str:
    """Name the type as Temporal's command line does: `Keyword`, `Datetime`, `KeywordList`."""
    return "".join(part.capitalize() for part in kind.name.split("_"))


async def _searchable(service: ServiceClient, namespace: str, name: str) -> None:
    request = CountWorkflowExecutionsRequest(namespace=namespace, query=f"{name} IS NULL")
    while True:
        try:
            await service.workflow_service.count_workflow_executions(request)
        except RPCError as error:
            # The server's caches take seconds to hear of a new attribute; any other refusal is a real one.
            if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                raise
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return
