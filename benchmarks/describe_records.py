"""How many DescribeFlowExecutionRecords a second the local AWS answers, beside moto's own threaded server.

``python -m benchmarks.describe_records [--seconds 5] [--connections 1,32,256,1000]``: both servers run in one process
with the same data, one after the other under load from this process. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import uvloop

from benchmarks.http_load import put_load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_appflow_isv.local.seed import Tenant
    from airflow_provider_appflow_isv.local.stack import LocalStack

_FLOW = "accounts"
_PATIENCE = 60  # seconds for the run that is described
_COLUMNS = "{:<7} {:>11} {:>10} {:>9} {:>9} {:>7} {:>14} {:>12}"


def _allow_appflow(bucket: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "appflow.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _make_run(stack: LocalStack, tenant: Tenant) -> None:
    """Make a flow of the tenant's and run it once."""
    from airflow_provider_appflow_isv.local.appflow import wait_until_ended
    from airflow_provider_appflow_isv.local.seed import REGION, account_client

    org = stack.orgs[tenant.name]
    account_client(stack.aws_url, tenant.account_id, "s3").put_bucket_policy(
        Bucket=tenant.bucket, Policy=_allow_appflow(tenant.bucket)
    )
    appflow = account_client(stack.aws_url, tenant.account_id, "appflow")
    token = org.sessions.issue("benchmark", next(iter(org.users)), "api").access_token
    appflow.create_connector_profile(
        connectorProfileName="salesforce",
        connectorType="Salesforce",
        connectionMode="Public",
        connectorProfileConfig={
            "connectorProfileProperties": {"Salesforce": {"instanceUrl": tenant.instance_url}},
            "connectorProfileCredentials": {"Salesforce": {"accessToken": token}},
        },
    )
    appflow.create_flow(
        flowName=_FLOW,
        triggerConfig={"triggerType": "OnDemand"},
        sourceFlowConfig={
            "connectorType": "Salesforce",
            "connectorProfileName": "salesforce",
            "sourceConnectorProperties": {"Salesforce": {"object": "Account"}},
        },
        destinationFlowConfigList=[
            {"connectorType": "S3", "destinationConnectorProperties": {"S3": {"bucketName": tenant.bucket}}}
        ],
        tasks=[
            {"taskType": "Filter", "sourceFields": ["Id"], "connectorOperator": {"Salesforce": "PROJECTION"}},
            {"taskType": "Map", "sourceFields": ["Id"], "destinationField": "Id"},
        ],
    )
    execution_id = appflow.start_flow(flowName=_FLOW)["executionId"]
    wait_until_ended(tenant.account_id, REGION, _FLOW, execution_id, _PATIENCE)


def _access_key(stack: LocalStack, tenant: Tenant) -> str:
    """The key id of a session of the tenant's role, as a client of the ISV's would have."""
    seed = stack.seed()
    sts = boto3.client(
        "sts",
        endpoint_url=stack.aws_url,
        region_name=seed.region,
        aws_access_key_id=seed.access_key_id,
        aws_secret_access_key=seed.secret_access_key,
    )
    role = sts.assume_role(RoleArn=tenant.role_arn, RoleSessionName="benchmark", ExternalId=tenant.external_id)
    return str(role["Credentials"]["AccessKeyId"])


def _serve() -> None:
    """Serve the same AWS by both servers and say where; answer each line read with the CPU seconds used so far."""
    from moto.server import ThreadedMotoServer

    from airflow_provider_appflow_isv.local.stack import LocalStack

    logging.getLogger("werkzeug").disabled = True  # the peer would log each request
    peer = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with LocalStack() as stack:
        tenant = stack.seed().tenants[0]
        _make_run(stack, tenant)
        peer.start()
        host, port = peer.get_host_and_port()
        urls = {"front": stack.aws_url, "moto": f"http://{host}:{port}"}
        _say(json.dumps({"urls": urls, "access_key_id": _access_key(stack, tenant), "region": stack.seed().region}))
        for _ in sys.stdin:
            _say(str(time.process_time()))
        peer.stop()


@contextmanager
def _servers() -> Iterator[tuple[dict[str, Any], Callable[[], float]]]:
    command = [sys.executable, "-m", "benchmarks.describe_records", "--serve"]
    with subprocess.Popen(  # noqa: S603  # this very program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        standard_input, standard_output = process.stdin, process.stdout

        def cpu_seconds() -> float:
            standard_input.write("\n")
            standard_input.flush()
            return float(standard_output.readline())

        yield json.loads(standard_output.readline()), cpu_seconds


def _request(url: str, access_key_id: str, region: str) -> bytes:
    """A signed call; neither server checks the signature itself."""
    body = json.dumps({"flowName": _FLOW, "maxResults": 20}).encode()
    scope = f"{access_key_id}/{time.strftime('%Y%m%d', time.gmtime())}/{region}/appflow/aws4_request"
    head = [
        "POST /describe-flow-execution-records HTTP/1.1",
        f"Host: {urlsplit(url).netloc}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-Amz-Date: {time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}",
        f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def _measure(
    url: str, request: bytes, connections: int, seconds: float, cpu_seconds: Callable[[], float]
) -> dict[str, Any]:
    host, _, port = urlsplit(url).netloc.rpartition(":")
    used = cpu_seconds()
    load = uvloop.run(put_load(host, int(port), request, connections, seconds))
    used = cpu_seconds() - used
    answered = max(len(load.latencies), 1)
    return {
        "connections": connections,
        "requests_per_second": round(load.rate),
        "p50_ms": round(load.percentile(0.5) * 1000, 2),
        "p99_ms": round(load.percentile(0.99) * 1000, 2),
        "errors": load.errors,
        "server_cpu_us_per_request": round(used / answered * 1e6),
        "requests_per_server_cpu_second": round(answered / used),
    }


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.describe_records", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each measurement (default: %(default)s)")
    parser.add_argument("--connections", default="1,32,256,1000", help="open connections (default: %(default)s)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    options = _parse()
    if options.serve:
        _serve()
        return
    names = ("server", "connections", "requests/s", "p50 ms", "p99 ms", "errors", "CPU us/request", "per CPU s")
    results: dict[str, list[dict[str, Any]]] = {"front": [], "moto": []}
    with _servers() as (served, cpu_seconds):
        _say(_COLUMNS.format(*names))
        for connections in map(int, options.connections.split(",")):
            for server, url in served["urls"].items():
                request = _request(url, served["access_key_id"], served["region"])
                result = _measure(url, request, connections, options.seconds, cpu_seconds)
                results[server].append(result)
                _say(_COLUMNS.format(server, *result.values()))
    ratios = {
        str(front["connections"]): round(front["requests_per_second"] / max(moto["requests_per_second"], 1), 1)
        for front, moto in zip(results["front"], results["moto"], strict=True)
    }
    _say(f"front / moto: {', '.join(f'{ratio} with {count} connections' for count, ratio in ratios.items())}")
    _say(json.dumps({"benchmark": "describe_records", **results, "ratio": ratios}))


if __name__ == "__main__":
    main()
