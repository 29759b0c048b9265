"""What is moto's to answer reaches it through the front as the client sent it."""

from __future__ import annotations

import io
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.local.appflow.conftest import BUCKET
from tests.local.fronted import ACCOUNT, POLL, authorization, client, post, stack

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.stack import LocalStack

__all__ = ["stack"]  # a fixture

KEYS = ["a b+c", "ü/ñ 漢字", "x%2Fy", "two//slashes", "/first", "plus+%20", "q?x=1&y", "dot/../up", "last/", "#&=;@"]


@pytest.mark.parametrize("key", KEYS)
def test_an_s3_key_arrives_as_it_was_sent(stack: LocalStack, key: str) -> None:
    s3 = client(stack, "s3")
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode()
    assert key in [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    s3.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=BUCKET, Key=key)


def test_names_of_s3_metadata_keep_dashes_and_underscores(stack: LocalStack) -> None:
    s3 = client(stack, "s3")
    s3.put_object(Bucket=BUCKET, Key="described", Metadata={"with_underscore": "1", "with-dash": "2"})
    assert s3.head_object(Bucket=BUCKET, Key="described")["Metadata"] == {"with_underscore": "1", "with-dash": "2"}


def test_a_header_with_an_underscore_does_not_stand_in_for_one_with_a_dash(stack: LocalStack) -> None:
    status, _, _ = post(stack, POLL, b'{"flowName": "accounts"}', x_moto_account_id="333333333333")
    assert status == 200


def test_large_objects_arrive_whole(stack: LocalStack) -> None:
    s3, content = client(stack, "s3"), bytes(range(256)) * 60_000
    s3.upload_fileobj(io.BytesIO(content), BUCKET, "large")
    assert s3.get_object(Bucket=BUCKET, Key="large")["Body"].read() == content
    assert s3.get_object(Bucket=BUCKET, Key="large", Range="bytes=5-9")["Body"].read() == content[5:10]


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_a_checksum_is_taken_and_kept(stack: LocalStack, algorithm: str) -> None:
    s3 = client(stack, "s3")
    s3.put_object(Bucket=BUCKET, Key="checked", Body=io.BytesIO(b"content"), ChecksumAlgorithm=algorithm)
    assert f"Checksum{algorithm}" in s3.head_object(Bucket=BUCKET, Key="checked", ChecksumMode="ENABLED")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Transfer-Encoding: chunked", b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
        (
            (
                "Content-Encoding: aws-chunked\r\nx-amz-decoded-content-length: 11\r\nContent-Length: 51\r\n"
                "x-amz-trailer: x-amz-checksum-crc32\r\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER"
            ),
            b"b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n",
        ),
    ],
    ids=["chunked", "trailing checksum"],
)
def test_a_body_in_pieces_is_put_together(stack: LocalStack, headers: str, body: bytes) -> None:
    _, answer = _put_raw(stack, headers, body)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert client(stack, "s3").get_object(Bucket=BUCKET, Key="raw")["Body"].read() == b"hello world"


def test_a_client_that_asks_first_is_told_to_go_on(stack: LocalStack) -> None:
    go_on, answer = _put_raw(stack, "Expect: 100-continue\r\nContent-Length: 11", b"hello again", asks=True)
    assert go_on.startswith(b"HTTP/1.1 100 ")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert client(stack, "s3").get_object(Bucket=BUCKET, Key="raw")["Body"].read() == b"hello again"


def _put_raw(stack: LocalStack, headers: str, body: bytes, *, asks: bool = False) -> tuple[bytes, bytes]:
    host, port = urlsplit(stack.aws_url).netloc.split(":")
    head = (
        f"PUT /{BUCKET}/raw HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization('s3')}\r\n"
        f"x-moto-account-id: {ACCOUNT}\r\n{headers}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode())
        go_on = connection.recv(65536) if asks else b""
        connection.sendall(body)
        return go_on, connection.recv(65536)


def test_tags_are_found_by_an_arn_in_the_path(stack: LocalStack) -> None:
    appflow = client(stack, "appflow")
    arn = appflow.describe_flow(flowName="accounts")["flowArn"]
    appflow.tag_resource(resourceArn=arn, tags={"a/key+with:signs": "+ = /@"})
    assert appflow.list_tags_for_resource(resourceArn=arn)["tags"] == {"a/key+with:signs": "+ = /@"}
    appflow.untag_resource(resourceArn=arn, tagKeys=["a/key+with:signs"])
    assert appflow.list_tags_for_resource(resourceArn=arn)["tags"] == {}
