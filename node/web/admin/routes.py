"""Every route of the admin pages, under what it needs: maintainers see what is theirs."""

from __future__ import annotations

from aiohttp import web

from ...accounts.guard import add_guarded
from ...accounts.rights import ADMINISTERING, MODERATING
from ...admin.service import ADMIN, AdminService
from .events import show_audit
from .mirrors import pull_now, show_mirrors
from .namespaces import set_quota, show_namespace, show_namespaces
from .overview import show_overview
from .people import close_account, end_sessions, revoke_tokens, set_role, show_people, show_person


def add_admin_routes(app: web.Application, service: AdminService) -> None:
    """Serve the admin pages."""
    app[ADMIN] = service
    moderating = [
        web.get("/admin", show_overview),
        web.get("/admin/audit", show_audit),
        web.get("/admin/mirrors", show_mirrors),
        web.post("/admin/mirrors/pull", pull_now),
    ]
    administering = [
        web.get("/admin/people", show_people),
        web.get("/admin/people/{identity:.+}", show_person),
        web.get("/admin/namespaces", show_namespaces),
        web.get("/admin/namespaces/{name}", show_namespace),
        web.post("/admin/quotas", set_quota),
        web.post("/admin/people/role", set_role),
        web.post("/admin/people/close", close_account),
        web.post("/admin/people/sessions", end_sessions),
        web.post("/admin/people/tokens", revoke_tokens),
    ]
    add_guarded(app, {MODERATING: moderating, ADMINISTERING: administering})
