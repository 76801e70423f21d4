"""The system's keyring, where there is one and the extra `keyring` is installed. Not the file used otherwise."""

from __future__ import annotations

import os

from ..schemas.errors import Denied

SERVICE = "ebpfhub"
CHOSEN = "PYTHON_KEYRING_BACKEND"  # the library's own variable: what a user names there is taken as it is
SAFE_PRIORITY = 1.0  # what the library gives to real keyrings; plain files and refusals have less


def is_usable() -> bool:
    """Tell whether tokens can be kept in a keyring."""
    try:
        import keyring
    except ImportError:
        return False
    try:
        priority = float(keyring.get_keyring().priority)
    except Exception:  # backends raise what they like; then the file is used
        return False
    return bool(os.environ.get(CHOSEN)) or priority >= SAFE_PRIORITY


def put(place: str, token: str) -> bool:
    """Keep the token of a hub; tells whether the keyring took it."""
    import keyring

    try:
        keyring.set_password(SERVICE, place, token)
    except Exception:  # locked, or gone: the caller has a file
        return False
    return True


def get(place: str) -> str:
    """The token of a hub. Raises: Denied when the keyring does not give it."""
    found, reason = None, "has no token any more"
    try:
        import keyring

        found = keyring.get_password(SERVICE, place)
    except ImportError:
        reason = "is not installed any more (pip install 'ebpfhub[keyring]')"
    except Exception as error:
        reason = f"does not open: {type(error).__name__}"
    if not found:
        raise Denied(f"the keyring {reason}", where=place, todo=f"ecli login {place}")
    return found


def remove(place: str) -> None:
    """Forget the token of a hub, if the keyring lets us."""
    try:
        import keyring

        keyring.delete_password(SERVICE, place)
    except Exception:
        return
