"""Airflow's UI shows dbt's documentation of the warehouse: Browse > dbt docs, for whoever may enter the UI.

Cosmos has such a page too, which asks nobody who he is. The page itself is written by `make docs`, by the first start
and by `keep_house` each night (include/entas/warehouse/documentation.py).
"""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response

from entas.settings import Settings
from entas.warehouse.documentation import docs_page

PREFIX = "/entas"
#: The page carries all that it needs; a browser is told to load nothing else, from anywhere.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: 'self'; font-src data:; frame-ancestors 'self'"
)
NOT_YET = (
    "<p>dbt's documentation of the warehouse is not written yet. <code>keep_house</code> writes it each night: trigger "
    "that DAG, or run <code>make docs</code>.</p>"
)

app = FastAPI(title="Entas", docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/dbt-docs", dependencies=[Depends(requires_access_view(AccessView.WEBSITE))])
def dbt_docs() -> Response:
    """The page as it was written last."""
    page = docs_page(Settings.from_env())
    if not page.exists():
        return HTMLResponse(NOT_YET, status_code=404, headers={"Content-Security-Policy": POLICY})
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "private, no-cache"}
    return FileResponse(page, media_type="text/html", headers=headers)


class EntasUi(AirflowPlugin):
    """Puts the page into Airflow's menu."""

    name = "entas_ui"
    fastapi_apps: ClassVar[list[dict[str, Any]]] = [{"app": app, "url_prefix": PREFIX, "name": "Entas"}]
    external_views: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "dbt docs",
            "href": f"{urlsplit(conf.get('api', 'base_url', fallback='')).path.rstrip('/')}{PREFIX}/dbt-docs",
            "url_route": "dbt-docs",
            "destination": "nav",
            "category": "browse",
        }
    ]
