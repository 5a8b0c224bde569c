"""What all List operations have in common: filter, order, page."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from tests.local_aws.server.sagemaker.validation import refuse_unless

Document = dict[str, Any]

_DEFAULT_PAGE = 100


def page(
    items: Iterable[Document], request: Document, *, name_key: str, result_key: str, status_key: str = "EndpointStatus"
) -> Document:
    """Answer a List operation of SageMaker.

    Args:
        items: All summaries.
        request: The request with its filters, order and page.
        name_key: The member of a summary that carries the name.
        result_key: The member of the answer that carries the summaries.
        status_key: The member of a summary that carries the status.
    """
    wanted = [item for item in items if _matches(item, request, name_key, status_key)]
    sort_key = {"Name": name_key, "Status": status_key}.get(request.get("SortBy", ""), "CreationTime")
    wanted.sort(key=lambda item: item[sort_key], reverse=request.get("SortOrder", "Descending") == "Descending")
    token = request.get("NextToken", "0")
    refuse_unless(token.isdigit(), "Invalid NextToken.")
    start, size = int(token), request.get("MaxResults", _DEFAULT_PAGE)
    answer: Document = {result_key: wanted[start : start + size]}
    if start + size < len(wanted):
        answer["NextToken"] = str(start + size)
    return answer


def seconds(moment: float | str | datetime) -> float:
    """Return a moment of a request as seconds since 1970."""
    if isinstance(moment, datetime):
        return moment.timestamp()
    return datetime.fromisoformat(moment).timestamp() if isinstance(moment, str) else float(moment)


def _matches(item: Document, request: Document, name_key: str, status_key: str) -> bool:
    bounds: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
        ("CreationTimeAfter", "CreationTime", float.__gt__),
        ("CreationTimeBefore", "CreationTime", float.__lt__),
        ("LastModifiedTimeAfter", "LastModifiedTime", float.__gt__),
        ("LastModifiedTimeBefore", "LastModifiedTime", float.__lt__),
    )
    return (
        request.get("NameContains", "") in item[name_key]
        and request.get("StatusEquals") in {None, item.get(status_key)}
        and all(compare(item[key], seconds(request[bound])) for bound, key, compare in bounds if bound in request)
    )
