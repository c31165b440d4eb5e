"""Posts a message to somebody's address, bounded and never inwards: a URL that others choose must not reach what only we may reach.

The host is looked up by us at every post, each of its addresses must be public, and the connection goes to the one that was checked:
a name that is looked up again could by then lead elsewhere. Redirects are not followed, proxies of the environment not used.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

import httpx

from graph.errors import InvalidInput, Problem, RingfenceError

LONGEST_URL: Final = 500

MOST_ANSWERED: Final = 4_096
"""Bytes of an answer that are read, so that the connection can be used again."""

TRANSLATED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""IPv4 addresses behind a translator, private ones perhaps (RFC 6052)."""


class NotPosted(RingfenceError):
    """The message did not arrive; `reason` is a word for the record, such as HTTP_500, TIMED_OUT or PRIVATE_ADDRESS."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The message did not arrive: {reason}.")


def check_url(url: str, *, private: bool) -> None:
    """Raise `InvalidInput` unless it is an address that may be posted to, as far as can be told without looking its host up."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("cannot be read: give https://HOST/PATH.") from None
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise _refused(f"is to have at most {LONGEST_URL} characters of ASCII, without spaces.")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise _refused("must begin with https://, so that nobody on the way reads it.")
    if not parts.hostname or port == 0 or parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("is to have a host, and neither name, password nor fragment: give https://HOST/PATH.")
    try:
        literal = ip_address(parts.hostname)
    except ValueError:
        literal = None
    inward = parts.hostname == "localhost" or parts.hostname.endswith((".localhost", ".local", ".internal"))
    if not private and (inward or (literal is not None and not is_public(literal))):
        raise _refused("leads to a private address: give one that everybody reaches.")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the open Internet's, the one that it stands for included."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_public(inner)
        if any(address in network for network in TRANSLATED) or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


class Poster:
    """Posts from one process; used in one event loop."""

    def __init__(self, seconds: float, *, private: bool) -> None:
        self._seconds = seconds
        self._private = private
        limits = httpx.Limits(max_connections=32, max_keepalive_connections=8, keepalive_expiry=30)
        self._client = httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=seconds, limits=limits)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Return when the receiver answered with 2xx. Raises `NotPosted`."""
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._post(url, headers, body)
        except TimeoutError:
            raise NotPosted("TIMED_OUT") from None
        except InvalidInput:
            raise NotPosted("PRIVATE_ADDRESS") from None
        except httpx.TimeoutException:
            raise NotPosted("TIMED_OUT") from None
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            raise NotPosted(type(error).__name__) from None
        if not 200 <= status < 300:
            raise NotPosted(f"HTTP_{status}")

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        check_url(url, private=self._private)
        wanted = httpx.URL(url)
        address = await self._address(wanted.host, wanted.port or {"https": 443, "http": 80}[wanted.scheme])
        request = self._client.build_request(
            "POST",
            wanted.copy_with(host=str(address)),
            content=body,
            headers={**headers, "Host": wanted.netloc.decode("ascii")},
            extensions={"sni_hostname": wanted.host},
        )
        response = await self._client.send(request, stream=True)
        try:
            size = 0
            async for part in response.aiter_raw():
                size += len(part)
                if size > MOST_ANSWERED:
                    break
        finally:
            await response.aclose()
        return response.status_code

    async def _address(self, host: str, port: int) -> IPv4Address | IPv6Address:
        """The address to connect to. Raises `NotPosted` when one of the host's is private."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        if not addresses or not (self._private or all(is_public(one) for one in addresses)):
            raise NotPosted("PRIVATE_ADDRESS")
        return addresses[0]

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def _refused(message: str) -> InvalidInput:
    return InvalidInput([Problem(("url",), f"The URL {message}")])
