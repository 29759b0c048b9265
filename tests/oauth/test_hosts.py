from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.oauth.hosts import (
    SALESFORCE_HOSTS,
    check_url,
    host_names,
    is_loopback,
    loopback_places,
)


def check(url: str, *allowed: str) -> None:
    check_url(url, allowed_hosts=(*SALESFORCE_HOSTS, *host_names(allowed)), what="login_url")


@pytest.mark.parametrize(
    "url",
    [
        "https://login.salesforce.com",
        "https://login.salesforce.com/",
        "https://test.salesforce.com",
        "https://LOGIN.Salesforce.com",
        "HTTPS://login.salesforce.com",
        "https://a.my.salesforce.com",
        "https://a--dev.sandbox.my.salesforce.com:443",
        "https://a.develop.my.salesforce.com/services/oauth2/token",
    ],
)
def test_salesforces_hosts_may_have_credentials(url: str) -> None:
    check(url)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1:4567", "127.0.0.1:4567"),
        ("https://127.0.0.1:4567", "127.0.0.1:4567"),
        ("http://[::1]:4567", "[::1]:4567"),
        ("http://localhost:4567/orgs/tenant-a", "LOCALHOST:4567"),
        ("http://localhost/orgs/tenant-a", "localhost"),
        ("http://a.localhost:4567", "a.localhost:4567"),
    ],
)
def test_loopback_may_have_them_only_where_it_is_named(url: str, place: str) -> None:
    check(url, place)
    for other in ((), ("127.0.0.1:4568",), ("localhost.example:4567",), (".example.com",)):
        with pytest.raises(TenantConfigurationError, match="is not a host that credentials are sent to"):
            check(url, *other)


def test_places_on_loopback_are_told_from_other_addresses() -> None:
    own = ("http://127.0.0.1:4567/orgs/a", "http://[::1]", "https://LocalHost:443/x")
    others = (None, "", "{{ params.login_url }}", "https://login.salesforce.com", "http://localhost@evil.example")
    assert loopback_places(*own, *others) == ("127.0.0.1:4567", "[::1]", "localhost")
    assert [is_loopback(url) for url in (*own, *filter(None, others))] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    "url",
    [
        "http://login.salesforce.com",
        "ftp://login.salesforce.com",
        "login.salesforce.com",
        "//login.salesforce.com",
        "",
        "https://",
        # other hosts that look like one of these
        "https://login.salesforce.com.example.com",
        "https://example.com/login.salesforce.com",
        "https://evilmy.salesforce.com",
        "https://my.salesforce.com",
        "https://.my.salesforce.com",
        "https://a..my.salesforce.com",
        "https://-.my.salesforce.com",
        "http://127.0.0.1.example.com",
        "https://evil.example",
        # user names
        "https://user@login.salesforce.com",
        "https://login.salesforce.com@evil.example",
        "https://login.salesforce.com:password@evil.example",
        "http://127.0.0.1@evil.example",
        # ports
        "https://login.salesforce.com:8443",
        "https://login.salesforce.com:port",
        "https://login.salesforce.com:",
        # a dot at the end names the same host by another name
        "https://login.salesforce.com.",
        "https://a.my.salesforce.com./",
        # addresses
        "https://93.184.216.34",
        "https://2130706433",
        "https://0x7f000001",
        "https://0177.0.0.1",
        "https://127.1",
        "http://127.0.0.2",
        "http://169.254.169.254/latest/meta-data",
        "https://[2001:db8::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[login.salesforce.com",
        # letters that are none of ASCII, or become some
        "https://l\u043egin.salesforce.com",
        "https://login\u3002salesforce\u3002com",
        "https://evil.example\uff0f.my.salesforce.com",
        "https://salesforce\uff0ecom",
        "https://login.\u017falesforce.com",
        # urlsplit and urllib3 read these differently
        "https://evil.example\\.my.salesforce.com",
        "https://evil.example\\@login.salesforce.com",
        "http://evil.example\\@127.0.0.1",
        "http://127.0.0.1\\@evil.example",
        "https:\\\\login.salesforce.com",
        "https:/login.salesforce.com",
        "https://evil.example#@login.salesforce.com",
        "https://evil.example?@login.salesforce.com",
        "https://evil.example#.my.salesforce.com",
        "https://login.salesforce.com?x=1",
        "https://login.salesforce.com#x",
        # blanks and control characters
        " https://login.salesforce.com",
        "https://login.salesforce.com\n",
        "https://log\tin.salesforce.com",
        "https://evil.example\r\nHost: login.salesforce.com",
        "https://login.salesforce.com\x00.evil.example",
        "https://login%2esalesforce.com",
    ],
)
def test_no_other_address_may_have_them(url: str) -> None:
    with pytest.raises(TenantConfigurationError, match=r"(?s)login_url .* is not a host .*allowed_hosts"):
        check(url)


@given(
    st.text(alphabet="ab.:/\\@#?%[]1-\t\n", max_size=12),
    st.sampled_from(["https://", "http://", "https:/", "HTTPS://"]),
    st.text(alphabet="ab.:/\\@#?%[]1-\t\n", max_size=12),
)
def test_what_passes_goes_to_an_allowed_host_as_urllib3_reads_it(before: str, scheme: str, after: str) -> None:
    url = f"{scheme}{before}login.salesforce.com{after}"
    try:
        check(url)
    except TenantConfigurationError:
        return
    parts = parse_url(url)
    assert (parts.scheme, parts.host, parts.port or 443, parts.auth, parts.query, parts.fragment) == (
        "https",
        "login.salesforce.com",
        443,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:planted-password@evil.example/x", "'https://***@evil.example/x'"),
        ("https://evil.example/x?token=planted-token", "'https://evil.example/x'"),
        ("https://evil.example/x#planted-token", "'https://evil.example/x'"),
        ("https:user:planted-password@evil.example", "'https:***@evil.example'"),
        ("https:/user:planted-password@evil.example", "'https:/***@evil.example'"),
        ("https:\\\\user:planted-password@evil.example", "@evil.example'"),
        ("user:planted-password@evil.example", "'***@evil.example'"),
        ("https://user:planted-password%40evil.example", "'https://***@evil.example'"),
        ("https://evil:planted-password/x", "'https://evil:***/x'"),
        ("https://evil.example:8443/x", "'https://evil.example:8443/x'"),
    ],
)
def test_a_refusal_quotes_no_secret_of_the_address(url: str, shown: str) -> None:
    with pytest.raises(TenantConfigurationError, match="evil") as caught:
        check(url)
    assert shown in str(caught.value)
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("allowed", ["sso.example.com", "SSO.example.com", ".example.com", ".Example.Com"])
def test_a_host_can_be_allowed_by_name_or_by_what_it_ends_with(allowed: str) -> None:
    check("https://Sso.example.com/token", allowed)


def test_a_port_can_be_allowed_with_its_host() -> None:
    check("https://sap.example.com:44300/token", "sap.example.com:44300")
    with pytest.raises(TenantConfigurationError):
        check("https://sap.example.com:44301/token", "sap.example.com:44300")
    with pytest.raises(TenantConfigurationError):
        check("https://sap.example.com/token", "sap.example.com:44300")


@pytest.mark.parametrize("url", ["http://sso.example.com", "https://sso.example.com.", "https://xsso.example.com"])
def test_a_host_that_is_allowed_must_still_be_https_and_itself(url: str) -> None:
    with pytest.raises(TenantConfigurationError):
        check(url, "sso.example.com")


@pytest.mark.parametrize("address", ["10.0.0.5", "0x7f.1"])
def test_an_ip_address_is_not_even_allowed_by_name(address: str) -> None:
    with pytest.raises(TenantConfigurationError):
        check(f"https://{address}", address)


@pytest.mark.parametrize(
    "allowed",
    [
        "example.com",
        [""],
        ["."],
        [".com"],
        ["*.example.com"],
        ["https://example.com"],
        ["example.com/"],
        ["user@example.com"],
        ["example.com."],
        ["sso.example.com", ""],
        [None],
        [1],
        None,
        1,
    ],
)
def test_what_is_no_host_name_or_would_allow_too_much_is_refused(allowed: Any) -> None:
    with pytest.raises(TenantConfigurationError, match="is not a list of host names"):
        host_names(allowed)


def test_an_address_is_shown_as_it_is_told_to_be() -> None:
    with pytest.raises(TenantConfigurationError, match="token_url 'evil' is not a host") as caught:
        check_url("https://evil.example/planted", allowed_hosts=(), what="token_url", shown="evil")
    assert "planted" not in str(caught.value)


def test_the_hosts_that_are_allowed_are_named() -> None:
    with pytest.raises(
        TenantConfigurationError, match=r"on login\.salesforce\.com, .*\*\.my\.salesforce\.com, sso\.ex"
    ):
        check("https://evil.example", "sso.example.com")
    with pytest.raises(TenantConfigurationError, match=r"on no host so far; name"):
        check_url("https://evil.example", allowed_hosts=(), what="token_url")
