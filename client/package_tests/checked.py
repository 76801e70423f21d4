"""Can a package's tests be run at all? Looked at when it is built: fields and options that exist, known permissions."""

from __future__ import annotations

from ...schemas.errors import BadInput
from ...schemas.package import PackageConfig
from ...schemas.package_tests import PackageTest
from ...schemas.program import AttachPoint
from ..arguments import parse_arguments
from ..attach_options import attach_options, take_targets
from ..consent import parse_words
from ..run_options import RunOptions, take_own
from .needs import check_needs
from .trial.judge import Judge


def check_tests(config: PackageConfig, points: tuple[AttachPoint, ...], *, has_guest: bool = False) -> None:
    """See that tests fit their program, which attaches at `points`. Raises: BadInput, which names the test.

    With Wasm user space (`has_guest`), options are that program's own affair.
    """
    for test in config.tests:
        try:
            _check(test, config, points, has_guest=has_guest)
        except BadInput as error:
            at = f"test {test.name}: {error.where}" if error.where else f"test {test.name}"
            raise BadInput(error.what, where=f"config.json: {at}", todo=error.todo) from error


def _check(test: PackageTest, config: PackageConfig, points: tuple[AttachPoint, ...], *, has_guest: bool) -> None:
    Judge(config.usage, test.expect)
    check_needs(test.needs)
    if test.allow:
        parse_words(",".join(test.allow), where="allow")
    if has_guest:
        return
    names = {option.long for option in config.usage.options}
    words = take_own(RunOptions(config.name, test.options), names).arguments
    parse_arguments(take_targets(words, points, attach_options(points, names))[0], config.usage)
