"""What `ecli trust policy edit` begins with: every key of ecli.toml's policy, as comments, with its default."""

EXAMPLE = """\
# The policy of ecli: what is demanded of packages beyond what is always checked.
# Nothing here can make ecli accept more; where /etc/ebpfhub/ecli.toml says something too, the stricter one stands.
# Check it: ecli trust policy check [REF]...

[policy]
# max_age_hours = 24      # the origin's word on its log is stale after this: asked for again, and said
# expire_age_days = 90    # and refused after this
# unsigned = true         # false: nothing runs that nobody has signed
# unnamed = true          # false: what no rule below names is refused
# allow = ["persists"]    # may be done without a question; see `ecli inspect`
# deny = ["changes:packets", "reads-memory:kernel"]   # never

# Rules are for packages by name. All that match hold; of several values in one line any one is enough.
#
# [[rule]]
# names = "hub.example.org/library/*"     # origin/namespace/name or oci://registry/repository; * is any but /
# domain = "acme"                         # the Sigstore: ecli trust domain list; hub is the hub's own
# issuer = "https://accounts.example.org"
# identity = ["*@example.org", "https://ci.example.org/release/*"]
# quorum = "witnesses.txt"                # a C2SP tlog-policy beside this file: who must have cosigned the log
# max_age_hours = 6
# expire_age_days = 30
# allow = ["persists"]
# deny = ["changes"]
"""
