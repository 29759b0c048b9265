"""aiobotocore against the local stack."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiobotocore.session import get_session
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.local.appflow.conftest import REGION, Aws, Org, aws, make_org, orgs, served_aws
from tests.local.clients.walk import walk

__all__ = ["aws", "orgs", "served_aws"]  # fixtures


def open_client(aws: Aws) -> Any:
    return get_session().create_client(
        "appflow",
        region_name=REGION,
        endpoint_url=aws.url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def test_every_operation_works(aws: Aws, orgs: Any) -> None:
    org: Org = make_org(orgs)
    with asyncio.Runner() as runner:
        client = runner.run(open_client(aws).__aenter__())

        def call(operation: str, params: dict[str, Any]) -> dict[str, Any]:
            answer: dict[str, Any] = runner.run(getattr(client, xform_name(operation))(**params))
            return answer

        try:
            walk(call, aws, org)
        finally:
            runner.run(client.__aexit__(None, None, None))


def test_a_hundred_calls_at_once_are_answered_each_with_its_own(aws: Aws) -> None:
    async def ask() -> list[str]:
        async with open_client(aws) as client:

            async def one(number: int) -> str:
                with pytest.raises(ClientError) as caught:
                    await client.describe_flow(flowName=f"flow-{number}")
                return str(caught.value.response["Error"]["Message"])

            return list(await asyncio.gather(*(one(number) for number in range(100))))

    messages = asyncio.run(ask())
    assert all(f"flow-{number} " in message for number, message in enumerate(messages))
