"""Walks through all pages of DescribeFlowExecutionRecords, for which botocore has no paginator."""

from __future__ import annotations

from typing import Any


def walk(client: Any, flow_name: str, page_size: int) -> list[list[str]]:
    """The execution ids on each page."""
    pages: list[list[str]] = []
    more: dict[str, Any] = {}
    while True:
        page = client.describe_flow_execution_records(flowName=flow_name, maxResults=page_size, **more)
        pages.append([record["executionId"] for record in page["flowExecutions"]])
        if "nextToken" not in page:
            return pages
        more = {"nextToken": page["nextToken"]}
