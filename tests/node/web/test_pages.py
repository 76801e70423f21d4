"""The hub's pages over HTTP: what they show, in which language, and what they never let through."""

from __future__ import annotations

import re

import pytest
from ebpfhub.node.web.render import MAX_PAGE_BYTES

from ...hubs import ADMIN, Reply, RunningHub
from .document import Found
from .seeded import HOSTILE, OPTIONS

BROWSER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
PAGES = (
    "/",
    "/packages",
    "/packages?q=opensnoop",
    "/packages?q=nothing+like+this",
    "/packages?category=files&sort=popular&permission=changes:nothing&lang=zh",
    "/packages?kernel=six",
    "/packages/library/opensnoop",
    "/packages/library/opensnoop/0.1.0",
    "/packages/library/hostile",
    "/packages/acme/bulky",
    "/packages/acme/xdpdrop/changes/0.1.0...0.3.0-rc.1",
    "/packages/library/hostile/changes/0.1.0...0.2.0-rc.1",
    "/docs",
    "/docs/manual/build-and-publish",
    "/docs/api",
    "/docs/api/search",
    "/docs/nothing",
    "/federation",
    "/publishers/admin@example.org",
    "/publishers/nobody@example.org",
    "/nothing/here",
)


def page(hub: RunningHub, path: str, **headers: str) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return hub.ask(path, headers={"Accept": BROWSER} | sent)


def shown(reply: Reply) -> str:
    """The words of a page, as a reader sees them."""
    return Found.page(reply.text).one("body").words


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
def test_page_is_valid_small_and_shut_off_from_other_hosts(hub: RunningHub, path: str, language: str) -> None:
    reply = page(hub, path, Accept_Language=language)
    document = Found.page(reply.text)
    assert len(reply.body) <= MAX_PAGE_BYTES <= 50 * 1024
    policy = reply.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'"} <= set(policy)
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "same-origin"
    for element in document.all():
        given = element.attributes
        assert not [name for name in given if name.startswith("on") or name == "style"], given
        if element.name in ("link", "script", "img", "form"):
            assert re.match(r"/(?!/)|\?", given.get("src") or given.get("href") or given["action"]), given


def test_package_page_tells_what_one_needs_to_judge_it(hub: RunningHub) -> None:
    text = shown(page(hub, "/packages/library/opensnoop"))
    for told in (
        "library/opensnoop",
        "0.2.0",
        "Traces the files that programs open",
        "ecli run --verify opensnoop",
        "Sees which files are opened",
        "bpf_probe_read_user",
        "-p, --pid N",
        "Only this process",
        "fname",
        "Name of the file, as the process gave it",
        "Linux 5.8 or later",
        "Needs BTF",
        "task_struct",
        ADMIN,
        f"{hub.url}/sigstore/oidc",
        "Prints a line for every file",
        "1.0.0-rc.1",
        "tracepoint/syscalls/sys_enter_openat2",
        "BPF object (zstd)",
        "Signed",
        "Certificate (SHA-256) sha256:",
    ):
        assert told in text, told


def test_package_page_shows_the_log_as_it_is(hub: RunningHub) -> None:
    reply = page(hub, "/packages/library/opensnoop/0.1.0")
    checkpoint = hub.ask("/log/checkpoint").text
    found = hub.ask("/api/v1/search?q=hostile").json()["results"][0]
    hostile = shown(page(hub, "/packages/library/hostile"))
    assert f"Log entry of this release {found['log_index']}" in hostile
    assert found["digest"] in hostile
    assert f"Log size {checkpoint.splitlines()[1]}" in shown(reply)
    assert Found.page(reply.text).one("#proof-text").text == checkpoint
    assert "Log entry of the namespace\u2019s claim 1" in shown(reply)
    assert hub.ask("/index/package/library/opensnoop:0.1.0").status == 200
    assert 'href="/index/package/library/opensnoop:0.1.0"' in reply.text


def test_files_link_to_what_the_registry_serves(hub: RunningHub) -> None:
    reply = page(hub, "/packages/library/opensnoop")
    links = re.findall(r'href="(/v2/library/opensnoop/blobs/sha256:[0-9a-f]{64})"', reply.text)
    assert len(links) == 5  # config, object, README, provenance, SBOM
    assert all(hub.ask(link).status == 200 for link in links)


def test_older_version_says_that_it_is_not_the_latest(hub: RunningHub) -> None:
    text = shown(page(hub, "/packages/library/opensnoop/0.1.0"))
    assert "This is not the latest version. That is 0.2.0." in text
    assert "ecli run --verify opensnoop:0.1.0" in text


def test_package_is_found_by_its_full_name_and_by_its_name_alone(hub: RunningHub) -> None:
    assert "ecli run --verify opensnoop" in shown(page(hub, "/packages/hub.test/library/opensnoop"))
    reply = page(hub, "/packages/opensnoop")
    assert (reply.status, reply.headers["location"]) == (302, "/packages/library/opensnoop")


@pytest.mark.parametrize(
    "path",
    [
        "/packages/library/absent",
        "/packages/library/opensnoop/9.9.9",
        "/packages/library/opensnoop/latest",
        "/packages/other.test/library/opensnoop",
        "/packages/absent",
        "/packages/..%2f..%2fetc/passwd",
        "/packages/a/b/c/d/e",
        "/packages/library/%3Cscript%3E",
        "/nothing/here",
        "//evil.example.net/",
    ],
)
def test_what_is_not_there_is_a_page_with_a_search(hub: RunningHub, path: str) -> None:
    reply = page(hub, path)
    assert reply.status == 404
    assert 'action="/packages"' in reply.text
    assert "evil" not in reply.text
    assert "passwd" not in reply.text


def test_programs_get_the_errors_of_their_protocols(hub: RunningHub) -> None:
    for path in ("/v2/library/absent/manifests/latest", "/api/v1/absent", "/log/tile/9/999", "/trust/absent"):
        assert "<html" not in page(hub, path).text, path
    assert "<html" not in hub.ask("/nothing/here", headers={"Accept": "application/json"}).text


def test_search_works_without_a_script(hub: RunningHub) -> None:
    assert _names(page(hub, "/packages?q=opensnoop")) == ["library/opensnoop"]
    assert len(_names(page(hub, "/packages"))) == 4
    assert "Nothing found for “zzz yyy”" in shown(page(hub, "/packages?q=zzz++yyy"))


def _names(reply: Reply) -> list[str]:
    return [item.text for item in Found.page(reply.text).all(".cards h3 a")]


@pytest.mark.parametrize("path", ["/packages?page=0", "/packages?page=99999", "/packages?page=-1", "/packages?page=x"])
def test_page_number_that_is_none_is_refused(hub: RunningHub, path: str) -> None:
    assert page(hub, path).status == 400


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("category=files", ["hostile", "opensnoop", "bulky"]),
        ("category=network", ["xdpdrop"]),
        ("permission=changes:packets&permission=changes:nothing", []),
        ("attach=tracepoint&permission=observes:files&q=bulky", ["bulky"]),
        ("q=opensnop", ["opensnoop"]),
        ("publisher=admin@example.org&origin=hub.test&kernel=6.1&architecture=arm64&q=hostile", ["hostile"]),
        ("sort=name", ["bulky", "hostile", "opensnoop", "xdpdrop"]),
        ("limit=1&offset=2&cursor=9&sort=name", ["bulky", "hostile", "opensnoop", "xdpdrop"]),
        ("page=2", []),
    ],
)
def test_list_understands_the_parameters_of_the_api(hub: RunningHub, query: str, names: list[str]) -> None:
    found = [name.partition("/")[2] for name in _names(page(hub, f"/packages?{query}"))]
    assert (found if "sort" in query else sorted(found)) == (names if "sort" in query else sorted(names))


def test_nothing_of_the_search_is_lost_when_one_narrows_down(hub: RunningHub) -> None:
    document = Found.page(page(hub, "/packages?q=p&sort=name&permission=observes&lang=zh").text)
    links = [link.attributes["href"] for link in document.all(".facets a, .orders a")]
    assert links
    assert all("q=p" in link and "permission=observes" in link and "lang=zh" in link for link in links)
    hidden = {(item.attributes["name"], item.attributes["value"]) for item in document.all("input[type=hidden]")}
    assert hidden == {("permission", "observes"), ("sort", "name"), ("lang", "zh")}
    chosen = document.one(".chosen a").attributes
    assert chosen["href"] == "/packages?q=p&sort=name&lang=zh"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("kernel=six", "kernel"),
        ("attach=nothing", "there are cgroup"),
        ("category=x", "files, network, security"),
        ("sort=size", "sort"),
        ("q=" + "a" * 201, "200"),
        ("q=a&q=b", "twice"),
    ],
)
def test_what_cannot_be_asked_is_explained_on_a_page(hub: RunningHub, query: str, told: str) -> None:
    reply = page(hub, f"/packages?{query}")
    assert reply.status == 400
    assert told in shown(reply)


@pytest.mark.parametrize("path", ["/search?q=%E6%96%87%E4%BB%B6&lang=zh", "/packages/?q=%E6%96%87%E4%BB%B6&lang=zh"])
def test_other_addresses_of_the_list_lead_to_it(hub: RunningHub, path: str) -> None:
    reply = page(hub, path)
    assert (reply.status, reply.headers["location"]) == (301, "/packages?q=%E6%96%87%E4%BB%B6&lang=zh")


def test_longest_question_makes_no_large_page(hub: RunningHub) -> None:
    longest = "%E9%95%BF" * 200
    reply = page(hub, f"/packages?q={longest}&attach=tracepoint&publisher={'x' * 512}")
    assert reply.status == 200
    assert len(reply.body) <= MAX_PAGE_BYTES


def test_hostile_search_words_stay_words(hub: RunningHub) -> None:
    reply = page(hub, "/packages?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE&lang=zh")
    assert "<script>alert" not in reply.text
    assert "\u202e" not in reply.text
    assert Found.page(reply.text).one("#q").attributes["value"] == '"><script>alert(1)</script>'


@pytest.mark.parametrize("path", ["/packages/library/hostile", "/packages?q=hostile", "/"])
def test_hostile_package_is_shown_as_text(hub: RunningHub, path: str) -> None:
    reply = page(hub, path)
    document = Found.page(reply.text)
    assert document.one("script").attributes["src"].startswith("/static/hub.")
    assert not document.all("img[onerror]")
    assert "\u202e" not in reply.text
    assert HOSTILE.replace("\u202e", "") in document.one("body").text
    hrefs = [link.attributes["href"] for link in document.all("a[href]")]
    assert not [href for href in hrefs if re.match(r"\s*(?:javascript|data|vbscript):", href, re.I)]


def test_hostile_readme_loads_nothing_and_links_only_out(hub: RunningHub) -> None:
    readme = Found.page(page(hub, "/packages/library/hostile").text).one(".readme .prose")
    assert not readme.all("script, style, img, iframe, form, input, [onerror], [style], [id]")
    links = [link.attributes for link in readme.all("a[href]")]
    assert {link["href"] for link in links} == {"https://example.org/a", "https://example.org/b"}
    assert all("nofollow" in link["rel"] for link in links)
    assert not readme.all("h1, h2"), "the page's own headings stand above a README's"
    assert "spy" in readme.words


def test_too_large_package_is_cut_and_says_so(hub: RunningHub) -> None:
    reply = page(hub, "/packages/acme/bulky")
    assert reply.status == 200
    text = shown(reply)
    assert "ecli run --verify acme/bulky" in text
    assert "README is longer than this page" in text or "more to tell than fits" in text
    assert OPTIONS > 32


@pytest.mark.parametrize(
    ("headers", "query", "tag"),
    [
        ({}, "", "en"),
        ({"Accept_Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "", "zh-Hans"),
        ({"Accept_Language": "fr,en;q=0.5,zh;q=0.4"}, "", "en"),
        ({"Accept_Language": "en-US"}, "?lang=zh", "zh-Hans"),
        ({"Accept_Language": "zh", "Cookie": "ebpfhub_lang=en"}, "", "en"),
        ({"Accept_Language": "zh", "Cookie": "ebpfhub_lang=xx"}, "?lang=yy", "zh-Hans"),
    ],
)
def test_language_is_asked_for_remembered_or_preferred(
    hub: RunningHub, headers: dict[str, str], query: str, tag: str
) -> None:
    reply = page(hub, f"/packages{query}", **headers)
    assert f'<html lang="{tag}">' in reply.text
    assert reply.headers["content-language"] == tag
    assert {"Accept-Language", "Cookie"} <= set(reply.headers["vary"].split(", "))
    assert (">搜索</button>" in reply.text) == (tag == "zh-Hans")
    assert (">Search</button>" in reply.text) == (tag == "en")


def test_choice_of_language_is_kept_in_a_cookie_and_keeps_the_search(hub: RunningHub) -> None:
    reply = page(hub, "/packages?q=open&lang=zh")
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith("ebpfhub_lang=zh;")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert 'href="?q=open&amp;lang=en"' in reply.text
    assert "set-cookie" not in page(hub, "/packages?q=open").headers
    assert "set-cookie" not in page(hub, "/packages?lang=%0d%0aX:%20y").headers


def test_front_page_says_how_to_begin(hub: RunningHub) -> None:
    text = shown(page(hub, "/"))
    for told in ("hub.test", hub.fingerprint, f"ecli trust add {hub.url}", "pip install ebpfhub", "ecli run --verify"):
        assert told in text, told


def test_federation_page_shows_origin_key_and_checkpoint(hub: RunningHub) -> None:
    text = shown(page(hub, "/federation"))
    assert f"ecli trust add {hub.url} --fingerprint {hub.fingerprint}" in text
    assert f"Log size {hub.ask('/log/checkpoint').text.splitlines()[1]}" in text
    assert "cosigned" in text
    assert "This hub knows of no mirrors yet." in text


def test_unchanged_page_is_not_sent_twice(hub: RunningHub) -> None:
    first = page(hub, "/packages/library/opensnoop")
    again = page(hub, "/packages/library/opensnoop", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    other = page(hub, "/packages/library/opensnoop", If_None_Match=first.headers["etag"], Accept_Language="zh")
    assert other.status == 200


def test_page_and_its_files_weigh_less_than_fifty_kilobytes(hub: RunningHub) -> None:
    reply = page(hub, "/packages/library/opensnoop")
    assets = set(re.findall(r'"(/static/[^"]+)"', reply.text))
    assert len(assets) == 3
    total = len(reply.body)
    for asset in assets:
        file = hub.ask(asset)
        assert file.status == 200
        assert "immutable" in file.headers["cache-control"]
        assert file.headers["x-content-type-options"] == "nosniff"
        total += len(file.body)
    assert total < 50_000


def test_asset_under_another_name_is_not_there(hub: RunningHub) -> None:
    for path in ("/static/style.css", "/static/style.000000000000.css", "/static/..%2fwords.py", "/static/"):
        assert hub.ask(path).status == 404


def test_head_answers_without_a_body(hub: RunningHub) -> None:
    reply = hub.ask("/packages/library/opensnoop", method="HEAD")
    assert (reply.status, reply.body) == (200, b"")


def test_what_changed_is_told_in_words_beside_the_version_and_on_a_page_of_its_own(hub: RunningHub) -> None:
    text = shown(page(hub, "/packages/acme/xdpdrop/0.3.0-rc.1"))
    assert "Changes since 0.1.0 new Changes: other processes Can signal or stop other processes." in text
    reply = page(hub, "/packages/acme/xdpdrop/changes/0.1.0...0.3.0-rc.1", Accept_Language="zh")
    for told in ("从 0.1.0 到 0.3.0-rc.1", "其他进程", "sys_enter_creat", "--stopped", "hash 4 B → 8 B max 64"):
        assert told in shown(reply), told
    assert "This is the first version." in shown(page(hub, "/packages/library/opensnoop/0.1.0"))
    same = shown(page(hub, "/packages/library/opensnoop/changes/0.1.0...0.2.0"))
    assert "Files and sizes changed Config" not in same


def test_versions_to_compare_are_chosen_without_a_script(hub: RunningHub) -> None:
    for path, place in (
        ("/packages/acme/xdpdrop/changes?old=0.3.0-rc.1&new=0.1.0", "/0.3.0-rc.1...0.1.0"),
        ("/packages/hub.test/library/opensnoop/changes", "/0.1.0...0.2.0"),
    ):
        reply = page(hub, path)
        assert reply.status == 302
        assert reply.headers["location"].startswith("/packages/")
        assert reply.headers["location"].endswith(f"/changes{place}")
    for path in (
        "changes/0.1.0",
        "changes/0.1.0...9.9.9",
        "changes/a...b",
        "changes/0.1.0...0.2.0/x",
        "changes?old=//x.test",
    ):
        assert page(hub, f"/packages/library/opensnoop/{path}").status == 404, path


def test_a_publishers_page_tells_who_confirmed_it_and_what_it_released(hub: RunningHub) -> None:
    reply = page(hub, f"/publishers/{ADMIN}")
    text = shown(reply)
    for told in (ADMIN, f"Confirmed by {hub.url}/sigstore/oidc", "acme library", "library/ opensnoop", "Packages (4)"):
        assert told in text, told
    link = Found.page(page(hub, "/packages/library/opensnoop").text).all(f'a[href="/publishers/{ADMIN}"]')
    assert link
    for absent in ("nobody@example.org", "https://nobody.example/a/b@c", "x" * 600, "%3Cscript%3E"):
        assert page(hub, f"/publishers/{absent}").status == 404, absent


def test_front_page_shows_each_package_once(hub: RunningHub) -> None:
    links = [item.attributes["href"] for item in Found.page(page(hub, "/").text).all(".cards h3 a")]
    assert len(links) == len(set(links)) == 4


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/publishers/nobody@example.net", 404, "Nobody of that name has published here."),
        ("/login/out", 405, "There is nothing at this address"),
        ("/account/tokens", 405, "There is nothing at this address"),
        ("/packages/library/nothing", 404, "There is no such package."),
    ],
)
def test_what_is_not_there_is_told_as_it_is(hub: RunningHub, path: str, status: int, told: str) -> None:
    reply = page(hub, path)
    assert reply.status == status and told in shown(reply)
