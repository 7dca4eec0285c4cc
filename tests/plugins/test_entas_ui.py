"""The page with dbt's docs in Airflow's UI: for whoever has logged in, and for nobody else."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from types import ModuleType
from unittest.mock import patch

import pytest
from fastapi import HTTPException
from starlette.testclient import TestClient

from entas.orchestration import airflow_environment
from entas.settings import PROJECT_ROOT, Settings
from entas.warehouse.documentation import docs_page

PLUGIN = PROJECT_ROOT / "plugins" / "entas_ui.py"


@pytest.fixture
def plugin() -> ModuleType:
    spec = importlib.util.spec_from_file_location("entas_ui", PLUGIN)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client(plugin: ModuleType, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The app of the plugin; the cookie `_token=good` is of somebody who may enter the UI."""
    from airflow.api_fastapi.core_api import security

    async def user_of(token: str | None) -> str:
        if token is None:
            raise HTTPException(401, "Not authenticated")
        return token

    class Manager:
        def is_authorized_view(self, *, access_view: object, user: str) -> bool:
            return user == "good"

    monkeypatch.setenv("ENTAS_HOME", str(settings.home))
    monkeypatch.setenv("ENTAS_PSEUDONYM_KEY", settings.pseudonym_key)
    with (
        patch.object(security, "resolve_user_from_token", user_of),
        patch.object(security, "get_auth_manager", Manager),
        TestClient(plugin.app) as client,
    ):
        yield client


def test_the_page_is_for_whoever_may_enter_the_ui(client: TestClient, settings: Settings) -> None:
    page = docs_page(settings)
    page.parent.mkdir(parents=True)
    page.write_text("<title>dbt docs</title>", encoding="utf-8")
    assert client.get("/dbt-docs").status_code == 401
    assert client.get("/dbt-docs", cookies={"_token": "other"}).status_code == 403
    shown = client.get("/dbt-docs", cookies={"_token": "good"})
    assert shown.status_code == 200
    assert shown.text == "<title>dbt docs</title>"
    assert shown.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in shown.headers["content-security-policy"]


def test_before_it_is_written_the_page_says_how(client: TestClient) -> None:
    shown = client.get("/dbt-docs", cookies={"_token": "good"})
    assert shown.status_code == 404
    assert "keep_house" in shown.text


def test_airflow_finds_the_plugin_and_puts_it_into_the_menu(plugin: ModuleType, settings: Settings) -> None:
    assert airflow_environment(settings)["AIRFLOW__CORE__PLUGINS_FOLDER"] == str(PLUGIN.parent)
    [view] = plugin.EntasUi.external_views
    assert view["category"] == "browse"
    assert view["href"].endswith(plugin.EntasUi.fastapi_apps[0]["url_prefix"] + "/dbt-docs")


def test_the_app_tells_nothing_about_itself(client: TestClient) -> None:
    """FastAPI's own pages would load scripts from elsewhere."""
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(path, cookies={"_token": "good"}).status_code == 404
