"""The words of the pages with comments, in both languages: one field a message, so that none can be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentWords:
    """One language."""

    comments: str
    comments_on: str  # {package}
    comment_by: str  # {author}
    none: str
    all: str  # {count}
    home: str  # {origin}
    home_link: str
    sign_in: str
    write: str
    note: str  # {identity}, {most}
    send: str
    edited: str
    cut: str
    change: str
    report: str
    save: str
    delete: str
    delete_note: str
    report_why: str
    report_send: str
    reported: str
    hidden: str
    hidden_by: str
    reason: str
    hide: str
    restore: str
    stand: str
    moderation: str
    waiting: str
    hidden_ones: str
    nothing: str
    none_hidden: str
    more_reports: str  # {count}
    newer: str
    older: str
    pages: str


ENGLISH = CommentWords(
    comments="Comments",
    comments_on="Comments on {package}",
    comment_by="Comment by {author}",
    none="Nobody has commented yet.",
    all="All comments ({count})",
    home="This package is mirrored from {origin}; its comments are there.",
    home_link="Comments at {origin}",
    sign_in="Sign in to comment",
    write="Your comment",
    note="Markdown, at most {most} characters. It is shown with your identity, {identity}.",
    send="Comment",
    edited="edited",
    cut="Show the whole comment",
    change="Edit or delete",
    report="Report",
    save="Save",
    delete="Delete comment",
    delete_note="What is deleted cannot be brought back.",
    report_why="What is wrong with this comment?",
    report_send="Report to maintainers",
    reported="Thank you. A maintainer will look at it.",
    hidden="hidden",
    hidden_by="Hidden by a maintainer: ",
    reason="Reason, shown to its author",
    hide="Hide",
    restore="Show again",
    stand="Let it stand",
    moderation="Moderation",
    waiting="Reported",
    hidden_ones="Hidden",
    nothing="No reported comments wait for a decision.",
    none_hidden="No comment is hidden.",
    more_reports="and {count} more",
    newer="Newer",
    older="Older",
    pages="Pages",
)

CHINESE = CommentWords(
    comments="评论",
    comments_on="{package} 的评论",
    comment_by="{author} 的评论",
    none="还没有人发表评论。",
    all="全部评论（{count}）",
    home="这个软件包镜像自 {origin}，评论在源站。",
    home_link="{origin} 上的评论",
    sign_in="登录后发表评论",
    write="您的评论",
    note="支持 Markdown，最多 {most} 个字符。评论会以您的身份 {identity} 公开显示。",
    send="发表评论",
    edited="已编辑",
    cut="显示完整评论",
    change="编辑或删除",
    report="举报",
    save="保存",
    delete="删除评论",
    delete_note="删除后无法恢复。",
    report_why="这条评论有什么问题？",
    report_send="向维护者举报",
    reported="感谢举报，维护者会查看。",
    hidden="已隐藏",
    hidden_by="维护者已隐藏此评论：",
    reason="原因（作者可见）",
    hide="隐藏",
    restore="重新显示",
    stand="保留",
    moderation="评论管理",
    waiting="被举报的评论",
    hidden_ones="已隐藏的评论",
    nothing="没有需要处理的举报。",
    none_hidden="没有已隐藏的评论。",
    more_reports="另有 {count} 条举报",
    newer="较新",
    older="较早",
    pages="分页",
)

COMMENT_WORDS: Mapping[str, CommentWords] = {"en": ENGLISH, "zh": CHINESE}
