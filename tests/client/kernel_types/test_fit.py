"""Types for one object on this kernel: the user's choice, the cache, the kernel, the package's archive, in that order."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ebpfhub.client.kernel_types import fit
from ebpfhub.client.kernel_types.archive import write_archive
from ebpfhub.client.kernel_types.cached import cached_types, kernel_digest
from ebpfhub.client.kernel_types.fit import Offer, fitted_types
from ebpfhub.client.kernel_types.reduce import reduced
from ebpfhub.client.loader.kernel import Kernel
from ebpfhub.client.loader.program import LoadedProgram
from ebpfhub.client.local_files import digest
from ebpfhub.schemas.errors import BadInput, StorageFailed, Unsupported
from ebpfhub.schemas.kernel_types import System

from .conftest import Compiled

HERE = System("debian", "12", "x86_64", "6.1.0-test")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "types"


@pytest.fixture
def bare(tmp_path: Path) -> Kernel:
    """A kernel without types of its own."""
    return Kernel(btf=str(tmp_path / "no-types"))


def known(bpf_object: bytes, cache: Path) -> str | None:
    return cached_types(hashlib.sha256(bpf_object).hexdigest(), str(cache))


def test_types_are_made_once_and_load_the_program(cache: Path, compiled: Compiled) -> None:
    elf = compiled("simple")
    assert known(elf, cache) is None
    path = fitted_types(elf, cache=cache, kernel=Kernel())
    assert Path(path).stat().st_size < 4096
    made = Path(path).stat().st_mtime_ns
    assert known(elf, cache) == fitted_types(elf, cache=cache, kernel=Kernel()) == path
    assert Path(path).stat().st_mtime_ns == made
    with LoadedProgram(elf, "simple", btf_path=path) as program:
        program.load()


def test_programs_that_need_the_kernels_own_types_are_remembered_too(cache: Path, compiled: Compiled) -> None:
    assert fitted_types(compiled("hooks"), cache=cache, kernel=Kernel()) == ""
    assert known(compiled("hooks"), cache) == ""


def test_the_users_file_comes_first(
    cache: Path, tmp_path: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.btf"
    path.write_bytes(b"\x9f\xeb\x01")
    fitted_types(compiled("simple"), cache=cache, kernel=Kernel())
    monkeypatch.setenv("BTF_FILE_PATH", str(path))
    assert fitted_types(compiled("simple"), cache=cache, kernel=Kernel()) == str(path)


@pytest.mark.parametrize("mode", [0o666, 0o664])
def test_a_file_that_others_could_write_is_not_believed(cache: Path, compiled: Compiled, mode: int) -> None:
    path = Path(fitted_types(compiled("simple"), cache=cache, kernel=Kernel()))
    path.chmod(mode)
    assert known(compiled("simple"), cache) is None


def test_a_file_of_another_user_is_not_believed(cache: Path, compiled: Compiled) -> None:
    path = fitted_types(compiled("simple"), cache=cache, kernel=Kernel())
    os.chown(path, 65534, 65534)
    assert known(compiled("simple"), cache) is None
    again = fitted_types(compiled("simple"), cache=cache, kernel=Kernel())
    assert again == path and Path(path).stat().st_uid == 0


def test_a_link_is_not_believed(cache: Path, tmp_path: Path, compiled: Compiled) -> None:
    path = Path(fitted_types(compiled("simple"), cache=cache, kernel=Kernel()))
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert known(compiled("simple"), cache) is None


def test_nothing_is_kept_in_a_folder_that_others_can_write(cache: Path, compiled: Compiled) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    assert fitted_types(compiled("simple"), cache=cache, kernel=Kernel()) == ""
    assert not list(cache.iterdir())


def test_another_kernel_does_not_get_these_types(cache: Path, tmp_path: Path, compiled: Compiled) -> None:
    """Same release, another build: only the build id in the notes tells."""
    fitted_types(compiled("simple"), cache=cache, kernel=Kernel())
    notes = bytearray(Path("/sys/kernel/notes").read_bytes())
    notes[-1] ^= 1
    other = tmp_path / "notes"
    other.write_bytes(notes)
    name = digest(compiled("simple"))
    assert cached_types(name, str(cache)) is not None
    assert cached_types(name, str(cache), notes=str(other)) is None


def test_a_kernel_without_build_id_gets_no_cache(cache: Path, tmp_path: Path, compiled: Compiled) -> None:
    notes = tmp_path / "notes"
    for content in (b"", b"\x06\0\0\0\x04\0\0\0\x01\0\0\0Linux\0\0\0\0\0\0\0"):
        notes.write_bytes(content)
        assert kernel_digest(str(notes)) == ""
        assert fitted_types(compiled("simple"), cache=cache, kernel=Kernel(), notes=str(notes)) == ""
    assert kernel_digest(str(tmp_path / "none")) == ""
    assert not cache.exists() or not list(cache.iterdir())


def test_broken_types_of_the_kernel_are_left_to_libbpf(cache: Path, tmp_path: Path, compiled: Compiled) -> None:
    broken = tmp_path / "vmlinux"
    broken.write_bytes(b"\x9f\xeb\x01")
    assert fitted_types(compiled("simple"), cache=cache, kernel=Kernel(btf=str(broken))) == ""


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, compiled: Compiled) -> None:
    (tmp_path / "file").write_text("")
    assert fitted_types(compiled("simple"), cache=tmp_path / "file" / "types", kernel=Kernel()) == ""


def test_old_entries_go(cache: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "MAX_KEPT", 2)
    cache.mkdir(mode=0o755)
    for number in range(4):
        old = cache / f"{number}.btf"
        old.write_bytes(b"")
        os.utime(old, (number, number))
    path = Path(fitted_types(compiled("simple"), cache=cache, kernel=Kernel()))
    assert {item.name for item in cache.iterdir()} == {"3.btf", path.name}


def test_a_kernel_without_types_takes_the_packages(
    cache: Path, compiled: Compiled, kernel_btf: bytes, bare: Kernel
) -> None:
    elf = compiled("simple")
    small = reduced(elf, kernel_btf, standalone=True) or b""
    archive = write_archive({HERE: small, HERE._replace(release="6.1.0-other"): b"another"})
    path = fitted_types(elf, cache=cache, kernel=bare, archive=archive, system=lambda: HERE)
    assert Path(path).read_bytes() == small
    with LoadedProgram(elf, "simple", btf_path=path) as program:
        program.load()


def test_packages_with_the_same_object_do_not_share_types(cache: Path, compiled: Compiled, bare: Kernel) -> None:
    """Types come from a package: one publisher's must not decide another's offsets."""
    paths = {
        fitted_types(
            compiled("simple"), cache=cache, kernel=bare, archive=write_archive({HERE: content}), system=lambda: HERE
        )
        for content in (b"one", b"two")
    }
    assert {Path(path).read_bytes() for path in paths} == {b"one", b"two"}


def test_without_any_types_the_way_out_is_named(cache: Path, compiled: Compiled, bare: Kernel) -> None:
    with pytest.raises(Unsupported, match="cannot be fitted"):
        fitted_types(compiled("simple"), cache=cache, kernel=bare)
    with pytest.raises(Unsupported, match="cannot be fitted"):
        fitted_types(compiled("simple"), cache=cache, kernel=bare, archive=write_archive({HERE: b"x"}))
    with pytest.raises(BadInput):
        fitted_types(compiled("simple"), cache=cache, kernel=bare, archive=b"not a tar")
    assert fitted_types(compiled("plain"), cache=cache, kernel=bare) == ""


class Hub:
    """Offers a kernel's BTF, and notes what it was asked for."""

    def __init__(self, btf: bytes) -> None:
        self.btf, self.asked, self.read = btf, list[System](), 0

    def __call__(self, system: System) -> Offer:
        self.asked.append(system)
        return Offer("ab" * 32, self._read)

    def _read(self) -> bytes:
        self.read += 1
        return self.btf


def test_a_hubs_types_are_reduced_once_for_each_object(
    cache: Path, compiled: Compiled, kernel_btf: bytes, bare: Kernel
) -> None:
    hub, elf = Hub(kernel_btf), compiled("simple")
    path = fitted_types(elf, cache=cache, kernel=bare, offers=hub, system=lambda: HERE)
    assert Path(path).read_bytes() == reduced(elf, kernel_btf, standalone=True)
    with LoadedProgram(elf, "simple", btf_path=path) as program:
        program.load()
    assert fitted_types(elf, cache=cache, kernel=bare, offers=hub, system=lambda: HERE) == path
    assert (hub.read, hub.asked) == (1, [HERE, HERE])
    Path(path).chmod(0o666)
    fitted_types(elf, cache=cache, kernel=bare, offers=hub, system=lambda: HERE)
    assert hub.read == 2, "what others could have written is made again"


def test_a_hub_is_asked_only_where_nothing_nearer_has_types(
    cache: Path, tmp_path: Path, compiled: Compiled, bare: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, elf = Hub(b""), compiled("simple")
    fitted_types(elf, cache=cache, kernel=Kernel(), offers=hub)
    fitted_types(compiled("plain"), cache=cache, kernel=bare, offers=hub)
    archive = write_archive({HERE: b"x"})
    fitted_types(elf, cache=cache, kernel=bare, archive=archive, offers=hub, system=lambda: HERE)
    (tmp_path / "mine.btf").write_bytes(b"\x9f\xeb\x01")
    monkeypatch.setenv("BTF_FILE_PATH", str(tmp_path / "mine.btf"))
    fitted_types(elf, cache=cache, kernel=bare, offers=hub)
    assert not hub.asked


def test_types_of_a_hub_that_are_none_are_refused(cache: Path, compiled: Compiled, bare: Kernel) -> None:
    with pytest.raises(BadInput, match="kernel BTF"):
        fitted_types(compiled("simple"), cache=cache, kernel=bare, offers=Hub(b"no types"), system=lambda: HERE)
    assert not cache.exists()


def test_an_archives_types_need_a_safe_folder(cache: Path, compiled: Compiled, bare: Kernel) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    with pytest.raises(StorageFailed):
        fitted_types(
            compiled("simple"), cache=cache, kernel=bare, archive=write_archive({HERE: b"x"}), system=lambda: HERE
        )


def test_the_quick_path_imports_nearly_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); from ebpfhub.client.kernel_types.cached import cached_types\n"
        "cached_types('0' * 64, '/nowhere'); print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert not {"hashlib", "pathlib", "dataclasses", "typing", "re", "struct"} & set(done.stdout.split())


def test_digests_are_those_of_hashlib() -> None:
    assert digest(b"abc") == hashlib.sha256(b"abc").hexdigest()
