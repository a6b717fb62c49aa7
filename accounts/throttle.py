"""How often each client may try to prove who they are: counted before anything is hashed or compared.

Only attempts that fail are limited: one that succeeds is given back. Limits decay, and no attempt that is refused
counts. A browser in which an account has signed in before has attempts of its own, so that a stranger who guesses at an
account from elsewhere does not keep its owner out.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Limit, Throttle, User

PAIR = Limit(burst=10, seconds=90)
"""For one account from one address, and for one browser that the account knows."""
ACCOUNT = Limit(burst=30, seconds=60)
"""For one account from everywhere: fewer than a hundred an hour."""
ADDRESS = Limit(burst=20, seconds=60)
"""For all accounts from one address."""
PROOF = Limit(burst=10, seconds=90)
"""For the password of the account that is signed in."""
CODE = Limit(burst=10, seconds=300)
"""For the six digits of a second factor, of which three are right at any time."""
CLIENTS = Limit(burst=100, seconds=10)
"""For all OAuth clients at one address: their secrets cannot be guessed, but many may share a gateway."""


class TooManyAttempts(Exception):
    """No more attempts for ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Too many attempts: the next one in {seconds:.0f} seconds.")
        self.seconds = max(1, math.ceil(seconds))


@dataclass(frozen=True)
class CountedAttempt:
    """One attempt, and all the limits it counts for, in the order in which their rows are locked."""

    limits: tuple[tuple[str, Limit], ...]

    def begin(self) -> None:
        """Count it. Raise TooManyAttempts, and count nothing, if one of the limits is reached."""
        for key, limit in self.limits:
            if seconds := Throttle.seconds_left(key, limit):  # most are refused here, and take no lock
                raise TooManyAttempts(seconds)
        with transaction.atomic():
            for key, limit in self.limits:
                if seconds := Throttle.take(key, limit):
                    raise TooManyAttempts(seconds)

    def give_back(self) -> None:
        """No longer count it: it has succeeded, or nothing was tried."""
        with transaction.atomic():
            for key, limit in self.limits:
                Throttle.give_back(key, limit)


def sign_in(*, account: str, address: str, browser: str) -> CountedAttempt:
    """Return an attempt by password, as ``account``; ``browser`` is the id of one that it knows, or nothing."""
    if browser:
        return CountedAttempt(((_key("browser", browser), PAIR),))
    pair, place = _key("pair", account, _network(address)), _key("address", _network(address))
    return CountedAttempt(((pair, PAIR), (_key("account", account), ACCOUNT), (place, ADDRESS)))


def code(*, user: User, browser: str) -> CountedAttempt:
    """Return an attempt by the code of a second factor, after the password."""
    return CountedAttempt(((_key("code", str(user.pk), browser), CODE),))


def proof(*, user: User) -> CountedAttempt:
    """Return an attempt by the password of someone who is signed in."""
    return CountedAttempt(((_key("proof", str(user.pk)), PROOF),))


def client_secret(*, client: str, address: str) -> CountedAttempt:
    """Return an attempt by the secret of an OAuth client."""
    pair, place = _key("client", client, _network(address)), _key("clients", _network(address))
    return CountedAttempt(((pair, PAIR), (place, CLIENTS)))


def _network(address: str) -> str:
    """What one client has: an address, or of IPv6 the 64 bits that name its network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
