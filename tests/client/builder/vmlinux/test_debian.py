"""The way from a Debian kernel to the types that come with ecli, on the kernel that the tests boot anyway."""

from __future__ import annotations

from pathlib import Path

import pytest
import zstandard
from ebpfhub.client.builder.compiler.types import write_header
from ebpfhub.client.builder.vmlinux.debian import kernel_btf
from ebpfhub.client.builder.vmlinux.derive import compress
from ebpfhub.client.kernel_types.index import KernelTypes
from ebpfhub.client.package_tests.kernels.debian import debian_kernel
from ebpfhub.schemas.errors import BadInput

from ....guest_kernels import kernel_cache


@pytest.fixture(scope="module")
def btf() -> bytes:
    return kernel_btf(debian_kernel("6.12", kernel_cache()).image.read_bytes())


def test_types_are_found_in_a_compressed_image(btf: bytes, tmp_path: Path) -> None:
    assert len(KernelTypes(btf)) > 50_000
    (tmp_path / "btf").write_bytes(btf)
    write_header(tmp_path / "vmlinux.h", btf=tmp_path / "btf")
    text = (tmp_path / "vmlinux.h").read_text()
    for words in ("struct task_struct {", "struct pt_regs {", "BPF_MAP_TYPE_ARENA"):
        assert words in text


def test_types_are_found_in_an_image_that_is_not_compressed(btf: bytes) -> None:
    other = b"\x9f\xeb\x01\x00\x18\x00\x00\x00" + bytes(16)  # a module's, or none at all
    assert kernel_btf(b"\0" * 4099 + other + b"MZ" + btf + b"\xff" * 77) == btf


@pytest.mark.parametrize(
    "image", [b"", b"\0" * 8192, b"\x9f\xeb\x01\x00\x18\x00\x00\x00", b"\0" * 0x202 + b"HdrS" * 256]
)
def test_image_without_types_is_refused(image: bytes) -> None:
    with pytest.raises(BadInput, match=r"holds no BTF|not known"):
        kernel_btf(image)


def test_second_header_is_small_given_the_first() -> None:
    first = b"".join(b"struct s%d { int a%d; };\n" % (number, number * 7919 % 65537) for number in range(5000))
    second = first.replace(b"struct s77 {", b"struct t77 {")
    packed = compress(second, first)
    assert len(packed) < len(compress(first, None)) / 20
    given = zstandard.ZstdCompressionDict(first, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    assert zstandard.ZstdDecompressor(dict_data=given, max_window_size=1 << 24).decompress(packed) == second
