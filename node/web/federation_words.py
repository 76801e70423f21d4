"""The words of the federation page and of publishers' pages, in both languages: one field a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationWords:
    """One language."""

    up_to_date: str
    behind: str  # {count}
    one_behind: str
    silent: str
    not_looked: str
    looked: str
    announced: str
    cosigned_by: str
    cosigned_too: str
    pulled: str
    evidence: str
    evidence_note: str
    evidence_none: str
    evidence_file: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherWords:
    """One language."""

    title: str
    lead: str
    issuers: str
    issuers_note: str
    namespaces: str
    namespaces_none: str
    packages: str  # {count}
    packages_none: str
    pulls: str
    all: str


ENGLISH = FederationWords(
    up_to_date="up to date",
    behind="{count} entries behind",
    one_behind="1 entry behind",
    silent="no answer at the last look",
    not_looked="not looked at yet",
    looked="Looked at",
    announced="Announced itself",
    cosigned_by="Cosigned by",
    cosigned_too="Cosigned by mirrors, this entry included",
    pulled="Pulled",
    evidence="Evidence",
    evidence_note=(
        "When an origin shows two logs that cannot both be true, this hub stops following it and keeps both, "
        "so that everybody can check."
    ),
    evidence_none="None: no origin has shown two different logs here.",
    evidence_file="the file",
    last="Last checkpoint",
)
CHINESE = FederationWords(
    up_to_date="已同步",
    behind="落后 {count} 个条目",
    one_behind="落后 1 个条目",
    silent="上次查看时没有应答",
    not_looked="尚未查看",
    looked="查看时间",
    announced="上次通告",
    cosigned_by="联署者",
    cosigned_too="已联署此条目的镜像",
    pulled="拉取时间",
    evidence="证据",
    evidence_note="如果某个源出示了两份互相矛盾的日志，本 Hub 会停止跟随它，并保留两份日志供任何人检查。",
    evidence_none="暂无：还没有源在这里出示过两份不同的日志。",
    evidence_file="文件",
    last="最新检查点",
)
ENGLISH_PUBLISHER = PublisherWords(
    title="Publisher",
    lead=(
        "An identity, as certificates and the log have it. It is the same as another of that name only where the same "
        "issuer confirmed it."
    ),
    issuers="Confirmed by",
    issuers_note="Whoever controls an issuer can make any identity of it.",
    namespaces="May release in",
    namespaces_none="no namespace of this hub’s own log",
    packages="Packages ({count})",
    packages_none="None yet.",
    pulls="Pulled from this hub, all together",
    all="All of this publisher’s packages",
)
CHINESE_PUBLISHER = PublisherWords(
    title="发布者",
    lead="证书与日志中的身份。只有由同一签发者确认的同名身份，才是同一个身份。",
    issuers="身份确认者",
    issuers_note="谁控制了签发者，谁就能签发它名下的任何身份。",
    namespaces="可在以下命名空间发布",
    namespaces_none="本 Hub 的日志中没有属于它的命名空间",
    packages="软件包（{count}）",
    packages_none="还没有发布软件包。",
    pulls="本 Hub 总下载次数",
    all="该发布者的全部软件包",
)
