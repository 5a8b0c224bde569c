"""What a JWT authorizer asks of a token. Who signed it is not verified: the keys of its issuer are not on this machine.

See: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import json
import time
from typing import Any

from ministack.services import apigateway

Document = dict[str, Any]
Verdict = tuple[Document | None, list[str] | None, tuple[int, dict[str, str], bytes] | None]

_PARTS = 3


async def validate(route: Document, authorizer: Document, headers: Document, query: Document) -> Verdict:
    """Return the claims and scopes of a request's token, or the answer that refuses it."""
    token = apigateway._extract_token_from_identity_source(authorizer.get("identitySource", []), headers, query)
    claims = _claims(token or "")
    settings = authorizer.get("jwtConfiguration") or {}
    if claims is None or not _is_for(claims, {name.lower(): value for name, value in settings.items()}):
        return None, None, apigateway._jwt_unauthorized()
    scopes = [*str(claims.get("scope", "")).split(), *_listed(claims.get("scp"))]
    wanted = route.get("authorizationScopes") or []
    if wanted and not set(wanted) & set(scopes):
        return None, None, apigateway._jwt_forbidden()
    return claims, scopes, None


def _claims(token: str) -> Document | None:
    parts = token.split(".")
    if len(parts) != _PARTS or not all(parts):
        return None
    try:
        claims = json.loads(apigateway._b64url_decode(parts[1]))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


def _is_for(claims: Document, settings: Document) -> bool:
    """Tell whether a token is of the authorizer's issuer, for one of its audiences, and of this time."""
    now = time.time()
    audiences = _listed(claims.get("aud", claims.get("client_id")))
    allowed = [str(each) for each in settings.get("audience") or []]
    return (
        claims.get("iss") == settings.get("issuer")
        and float(claims.get("exp", 0)) > now
        and float(claims.get("nbf", now)) <= now
        and (not allowed or bool(set(allowed) & set(audiences)))
    )


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
