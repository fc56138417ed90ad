"""Long lists in parts: ``limit`` and ``offset``, links to the other parts (OGC API Features 1.0, 7.15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from msgspec import Struct

T = TypeVar("T")
MOST = 10_000


class Paging(Struct, frozen=True):
    """Which part of a list is asked for; all of it without ``limit`` and ``offset``."""

    request: Request
    limit: int | None
    offset: int

    @property
    def asked(self) -> bool:
        """Whether a part was asked for."""
        return self.limit is not None or self.offset > 0

    def of(self, items: Sequence[T], response: Response) -> Sequence[T]:
        """The part; the answer's headers get how many there are and where the other parts are."""
        if not self.asked:
            return items
        response.headers.update(self.headers(len(items)))
        return self.cut(items)

    def cut(self, items: Sequence[T]) -> Sequence[T]:
        """The part of a list."""
        end = None if self.limit is None else self.offset + self.limit
        return items[self.offset : end]

    def headers(self, total: int) -> dict[str, str]:
        """X-Total-Count, and Link (RFC 8288)."""
        links = ", ".join(f'<{link["href"]}>; rel="{link["rel"]}"' for link in self.links(total))
        return {"X-Total-Count": str(total), "Link": links}

    def links(self, total: int, media_type: str = "application/json") -> list[dict[str, Any]]:
        """Addresses of this part and of those beside it, below the service's root."""
        places = {"self": self.offset}
        if self.limit is not None and self.offset + self.limit < total:
            places["next"] = self.offset + self.limit
        if self.offset:
            places["prev"] = max(0, self.offset - (self.limit or self.offset))
        return [
            {"rel": rel, "type": media_type, "href": self._address(place)} for rel, place in places.items()
        ]

    def _address(self, offset: int) -> str:
        query = dict(self.request.query_params) | {"offset": str(offset)}
        if self.limit is not None:
            query["limit"] = str(self.limit)
        return f"{self.request.url.path}?{urlencode(query)}"


async def paging(
    request: Request,
    limit: Annotated[
        int | None, Query(ge=1, le=MOST, description="Most items of a part; all without it.", examples=[100])
    ] = None,
    offset: Annotated[int, Query(ge=0, description="How many items come before the part.", examples=[0])] = 0,
) -> Paging:
    """Dependency of routes that answer lists."""
    return Paging(request, limit, offset)


Page = Annotated[Paging, Depends(paging)]
