"""Images of other registries whose signature somebody demands: fetched, kept, and verified anew at every use.

Nothing that is kept is believed: the bundles lie beside the blobs, and are checked against the trusted root each time.
So what was kept starts without a network, and a file that was changed is refused.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping

from ..federation.transport import Transport
from ..schemas.digest import Digest
from ..schemas.errors import NotTrusted, PeerFailed
from ..signing.image import ImageBytes, VerifiedImage, verify_image
from .home import Home
from .kept_images import KeptImage, KeptImages
from .settings import Settings
from .signer import Signer
from .sources.found import login_for
from .sources.referrers import find_bundles
from .sources.registry import ImageReference, Registry


def resolve_image(
    target: str, signer: Signer, *, home: Home, settings: Settings, refresh: bool = False
) -> VerifiedImage:
    """The verified image of `oci://…`: the kept one while it is fresh, else one fetched now.

    What a digest names never changes; a tag is looked up again after `max_age`. Raises: HubError.
    """
    reference = ImageReference.parse(target)
    settings = settings.about(reference.canonical)
    images = KeptImages(home)
    held = images.find(reference) if not refresh else None
    if held is not None and (reference.digest is not None or _age(held) <= settings.max_age):
        try:
            return verify_image(held.image(), signer.domain, signer.owner)
        except NotTrusted as error:
            if error.check == "kept":
                raise  # signatures may have come since, but changed bytes are told
    try:
        image = asyncio.run(fetch_image(reference, os.environ))
    except PeerFailed as error:
        if held is None or _age(held) > settings.expire_age:
            raise
        verified = verify_image(held.image(), signer.domain, signer.owner)
        print(f"ecli: stale: {error.what}; running what was fetched before", file=sys.stderr)  # noqa: T201
        return verified
    verified = verify_image(image, signer.domain, signer.owner)
    images.put(reference, image, now=int(time.time()))
    return verified


async def fetch_image(reference: ImageReference, environment: Mapping[str, str]) -> ImageBytes:
    """Fetch an image for this machine with the bundles about it and about the index that leads to it.

    Raises: HubError.
    """
    place = str(reference)
    async with Transport() as transport:
        registry = Registry(transport, reference, login=login_for(reference, environment))
        pulled = await registry.pull()
        bundles = {}
        for document in pulled.documents:
            subject = Digest.of(document)
            bundles[subject] = await find_bundles(registry, subject, where=place)
    return ImageBytes(place, pulled.documents, pulled.contents, pulled.data, bundles)


def _age(held: KeptImage) -> int:
    return max(0, int(time.time()) - held.fetched)
