"""A real MCP server that wants a login, and the server that gives it: the official package, on loopback.

Everybody who comes with a browser is let in without a question, if the client is the one that was registered. What was
asked for is a line of JSON on standard output, after the port.
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import sys
import time
from typing import Any
from urllib.parse import unquote, urlencode

import uvicorn
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from pydantic import AnyUrl

CLIENT, SECRET, SCOPE = "registered-client", "registered-secret", "look"
HOUR = 3600


def say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class _Client(OAuthClientInformationFull):
    """Registered beforehand, for whatever address its owner listens at."""

    def validate_redirect_uri(self, redirect_uri: Any) -> Any:
        return redirect_uri


# ruff: noqa: ARG002 - the protocol's arguments


class Gate(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """Knows one client."""

    def __init__(self, *, secret: bool) -> None:
        self._client = _Client(
            client_id=CLIENT,
            client_secret=SECRET if secret else None,
            token_endpoint_auth_method="client_secret_post" if secret else "none",
            redirect_uris=[AnyUrl("http://127.0.0.1/callback")],
            scope=SCOPE,
        )
        self._codes: dict[str, AuthorizationCode] = {}
        self._tokens: dict[str, AccessToken] = {}

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self._client if client_id == CLIENT else None

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        raise NotImplementedError

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        say(asked=client.client_id, scopes=params.scopes)
        code = AuthorizationCode(
            code=secrets.token_hex(32),
            scopes=params.scopes or [],
            expires_at=time.time() + HOUR,
            client_id=CLIENT,
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        self._codes[code.code] = code
        return construct_redirect_uri(str(params.redirect_uri), code=code.code, state=params.state)

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        return self._codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        code = self._codes.pop(authorization_code.code)
        token = secrets.token_hex(32)
        self._tokens[token] = AccessToken(
            token=token,
            client_id=CLIENT,
            scopes=code.scopes,
            expires_at=int(time.time()) + HOUR,
            resource=code.resource,
        )
        say(given=client.client_id)
        return OAuthToken(access_token=token, expires_in=HOUR, scope=" ".join(code.scopes))

    async def load_refresh_token(self, client: OAuthClientInformationFull, refresh_token: str) -> RefreshToken | None:
        return None

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        raise NotImplementedError

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self._tokens.get(token)

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        raise NotImplementedError


def either_way(app: Any) -> Any:
    """A client may name itself in a header too (RFC 6749, 2.3.1); the package reads the body alone."""

    async def inner(scope: dict[str, Any], receive: Any, send: Any) -> None:
        named = dict(scope.get("headers", ())).get(b"authorization", b"").decode()
        if scope["type"] != "http" or scope["path"] != "/token" or not named.startswith("Basic "):
            await app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        client, _, secret = base64.b64decode(named.removeprefix("Basic ")).decode().partition(":")
        body += b"&" + urlencode({"client_id": unquote(client), "client_secret": unquote(secret)}).encode()
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"content-length"]

        async def whole() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        await app(scope, whole, send)

    return inner


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = MCPServer(
        "locked",
        log_level="ERROR",
        auth=AuthSettings.model_validate(
            {
                "issuer_url": url,
                "resource_server_url": f"{url}/mcp",
                "required_scopes": [SCOPE],
                "validate_token_resource": False,
            }
        ),
        auth_server_provider=Gate(secret="--secret" in sys.argv),
    )

    @server.tool()
    def look(what: str) -> str:
        """Say what was asked."""
        return json.dumps({"what": what})

    say(url=f"{url}/mcp")
    config = uvicorn.Config(either_way(server.streamable_http_app()), log_level="error")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
