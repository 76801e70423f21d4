"""The words of the pages: one field a message; english.py and chinese.py fill them, so that none can be missing.

Fields that end in `_of` hold `{count}`; other placeholders are named where they stand. Long texts are in templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...schemas.permission_rules import Category, Group, Meaning
from ...schemas.record import State
from ..hub.catalogue import Facet, Sort
from ..hub.categories import Category as Topic
from .change_words import ChangeWords
from .docs.words import DocsWords
from .example_words import ExampleWords
from .federation_words import FederationWords, PublisherWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language. `code` is its name in addresses, `tag` the one in HTML (BCP 47), `name` its own name."""

    code: str
    tag: str
    name: str

    # every page
    skip: str
    packages: str
    docs: str
    federation: str
    search: str
    search_label: str
    search_hint: str
    navigation: str
    copy: str
    copied: str
    footer: str
    source_note: str

    # home
    home_title: str
    home_lead: str
    home_about: str  # {origin}
    start_title: str
    start_install: str
    start_trust: str
    start_run: str
    start_note: str
    start_more: str
    newest: str
    popular: str
    featured: str
    all_packages: str
    nothing_yet: str
    nothing_yet_how: str
    origin_title: str
    fingerprint: str
    fingerprint_note: str
    promise_checked: str
    promise_checked_text: str
    promise_shown: str
    promise_shown_text: str
    promise_logged: str
    promise_logged_text: str

    # list
    one_package: str
    packages_of: str
    packages_at_least: str  # {count}
    page_of: str  # {page}
    corrected_to: str  # {query} and {words}
    nothing_found: str  # {query}
    nothing_fits: str
    nothing_found_how: str
    earlier: str
    later: str
    pages: str
    released: str
    by: str
    pulls_of: str
    one_pull: str
    may_change: str
    filters: str
    chosen_filters: str
    remove_filter: str  # {filter}
    clear_filters: str
    sort_by: str
    sorts: Mapping[Sort, str]
    facets: Mapping[Facet, str]
    topics: Mapping[Topic, str]
    groups: Mapping[Group, str]
    changes_nothing: str
    bracketed: str  # {count}, behind what is counted
    colon: str  # between what is done and what it is done to
    linux: str  # {version}
    linux_any: str

    # package
    run_title: str
    run_note: str
    types_title: str
    types_note: str
    types_kernels: str
    types_system: str
    types_releases: str
    signed_badge: str
    unsigned_badge: str
    unsigned_text: str  # {reason}
    not_latest: str  # {version}
    show_latest: str
    damaged_title: str
    damaged_text: str
    states: Mapping[State, str]
    withdrawn: Mapping[State, str]
    withdrawn_by_hub: str
    withdrawn_note: str
    forced_note: str
    permissions_title: str
    permissions_note: str
    permissions_none: str
    permissions_unknown: str
    evidence: str
    and_more_of: str
    categories: Mapping[Category, str]
    category_notes: Mapping[Category, str]
    meanings: Mapping[Meaning, str]
    readme: str
    readme_none: str
    readme_cut: str
    too_much: str
    arguments: str
    argument: str
    meaning: str
    default: str
    arguments_none: str
    columns: str
    columns_note: str
    columns_none: str
    column: str
    type_text: str  # {size} in bytes
    type_boolean: str
    type_address: str
    type_array: str  # {count} and {item}
    facts: str
    publisher: str
    issuer: str
    license: str
    authors: str
    website: str
    keywords: str
    full_name: str
    downloads: str
    kernel: str
    kernel_any: str
    kernel_from: str  # {version}
    kernel_note: str
    btf_yes: str
    btf_no: str
    kernel_types: str
    programs: str
    program: str
    attached: str
    versions: str
    versions_of: str
    version: str
    date: str
    digest: str
    files: str
    file: str
    size: str
    media: Mapping[str, str]
    proof_title: str
    proof_note: str
    signature: str
    signed_at: str
    signature_log: str
    certificate: str
    attestations: Mapping[str, str]
    attestation_signed: str
    attestation_bare: str
    trust_domain: str
    log: str
    log_entry: str
    log_size: str
    claim_entry: str
    owners: str
    owners_note: str
    index_answer: str
    checkpoint_text: str
    manifest: str
    signers: str
    signer_log: str
    signer_cosigned: str
    signer_other: str

    changes: ChangeWords
    example: ExampleWords
    docs_pages: DocsWords
    hubs: FederationWords
    publisher_page: PublisherWords

    # federation
    federation_title: str
    federation_lead: str
    this_origin: str
    trust_note: str
    mirrors: str
    mirrors_none: str
    mirrored: str
    mirror_states: Mapping[str, str]
    raw: str
    raw_origin_note: str
    raw_checkpoint: str
    raw_hints: str
    root: str
    cosigned: str

    # errors
    lost_title: str
    lost_text: str
    failed_title: str
    denied_title: str
    back_home: str

    def meaning_of(self, meaning: Meaning) -> str:
        """A permission in words; one that has none yet by its category's and group's names."""
        return self.meanings.get(meaning) or f"{meaning[0]}: {meaning[1]}"
