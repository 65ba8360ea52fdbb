"""Who may see the app. Nothing is shown beyond this machine to somebody who has not logged in."""

import ipaddress
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")


def is_loopback(host: str | None) -> bool:
    """Whether only this machine can reach the address. None and '' are every address that it has."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address((host or "").strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(header: str) -> str:
    """The host of a Host header, without its port."""
    return header[: header.index("]") + 1] if header.startswith("[") and "]" in header else header.rpartition(":")[0] or header


def is_allowed(user: Mapping, allow: list[str]) -> bool:
    """Whether a person who logged in is on the list: of addresses, and of domains as '@example.com'."""
    email = str(user.get("email") or "").lower()
    if user.get("email_verified") is not True or email.count("@") != 1:
        return False
    return any(email == entry or entry.startswith("@") and email.endswith(entry) for entry in (str(a).lower() for a in allow))


def refusal(address: str | None, login: str, headers: Mapping | None, auth: bool = False, allow: list[str] | None = None) -> str | None:
    """Why the app must not be shown, whoever asks, or None.

    `login` is '' (none: this machine alone), 'header:NAME' (a proxy on this machine logs people in and says who they are
    in that header) or 'oidc' (Streamlit's st.login, which needs `auth` and a list of those who are let in). `headers` are
    those of the request; None before there is one.
    """
    if login == "oidc":
        if not auth:
            return "Login by OpenID Connect needs the section [auth] in app/.streamlit/secrets.toml."
        if not allow:
            return 'Who may log in? List them in app/.streamlit/secrets.toml: allow = ["@example.com"] in the section [journey].'
        return None
    if not is_loopback(address):
        return f"Without a login of its own the app serves only this machine, not {address or 'every address'}."
    if login.startswith("header:"):
        name = login.removeprefix("header:")
        known = headers is None or headers.get(name)
        return None if known else f"The proxy has not said who you are: the header {name} is missing."
    if login:
        return f'There is no login "{login}": it is oidc or header:NAME.'
    headers = headers or {}
    if any(headers.get(name) for name in FORWARDED) or (headers.get("Host") and not is_loopback(host_of(headers["Host"]))):
        return "A proxy serves the app to others, and nobody has logged in. Start it with --login header:NAME or --login oidc."
    return None


if __name__ == "__main__":  # access.py ADDRESS LOGIN : whether it may be served so
    path = Path(__file__).with_name(".streamlit") / "secrets.toml"
    known = tomllib.loads(path.read_text()) if path.exists() else {}
    why = refusal(sys.argv[1], sys.argv[2], None, "auth" in known, known.get("journey", {}).get("allow"))
    print(why or "")
    sys.exit(why is not None)
