"""A client that believes everything it is told: it pages as the vendors document and retries nothing."""

from typing import Any

import requests

from dagster_project.demo.server import DemoServer


class Client:
    """Signs in, asks, and hands back what came."""

    def __init__(self, server: DemoServer) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.headers["Accept"] = "application/json"

    def get(self, system: str, path: str, **query: Any) -> requests.Response:
        parameters = {name.replace("__", "[") + "]" if "__" in name else name: value for name, value in query.items()}
        url = path if path.startswith("http") else self.server.base_urls[system] + path
        return self.session.get(url, params=parameters, **self.signed(system))

    def post(self, system: str, path: str, body: Any, **query: Any) -> requests.Response:
        return self.session.post(self.server.base_urls[system] + path, json=body, params=query, **self.signed(system))

    def signed(self, system: str) -> dict[str, Any]:
        given = self.server.credentials
        if system == "bamboohr":
            return {"auth": (given.bamboohr_api_key, "x"), "timeout": 10}
        token = given.hubspot_token if system == "hubspot" else given.zendesk_oauth_token
        return {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 10}

    def listed(self, kind: str, **query: Any) -> list[dict[str, Any]]:
        """Every record of a CRM listing, page by page."""
        rows: list[dict[str, Any]] = []
        query = {"limit": 100, **query}
        while True:
            answer = self.get("hubspot", f"/crm/objects/2026-09/{kind}", **query)
            assert answer.status_code == 200, answer.text
            rows.extend(answer.json()["results"])
            if "paging" not in answer.json():
                return rows
            query["after"] = answer.json()["paging"]["next"]["after"]

    def exported(self, name: str, **query: Any) -> tuple[list[dict[str, Any]], str]:
        """Every row of a cursor export, and the cursor to go on from."""
        rows: list[dict[str, Any]] = []
        while True:
            body = self.get("zendesk", f"/api/v2/incremental/{name}/cursor", **query).json()
            rows.extend(body[name])
            if body["end_of_stream"]:
                return rows, body["after_cursor"]
            query = {**query, "cursor": body["after_cursor"]}
            query.pop("start_time", None)
