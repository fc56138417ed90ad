"""Settings, read from ``GEOSERVICE_*``; built only by the CLI and the ASGI entry point."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, field_validator

from geoservice.languages import DEFAULT_TIME_ZONE
from geoservice.model import PrincipalRole

PREFIX = "GEOSERVICE_"


class Settings(BaseModel):
    """All settings; each field's description is its help text. Environment: ``GEOSERVICE_<NAME>``.

    Read here rather than by pydantic-settings, whose import is a tenth of the time to a ready service.
    """

    @classmethod
    def from_environment(cls, **given: Any) -> Settings:
        """Settings of the environment, values given going before them.

        Raises:
            pydantic.ValidationError: a value is not usable.
        """
        held = {
            name: os.environ[PREFIX + name.upper()]
            for name in cls.model_fields
            if PREFIX + name.upper() in os.environ
        }
        return cls(**{**held, **given})

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    workers: int = Field(1, ge=1, le=64, description="Processes that serve one store together.")
    data: Path = Field(
        Path("data"), description="Folder of the store and of the operator's layers and styles."
    )
    store: str = Field("", description="postgresql://… for PostGIS; empty: SQLite in the data folder.")
    demo: bool = Field(True, description="Load the demo clusters into an empty store at the first start.")
    access_keys: dict[str, PrincipalRole] = Field(
        default_factory=dict,
        description="Access keys, key=role separated by commas; roles: viewer, editor, operator. "
        "Needed to listen on any address but loopback.",
    )
    max_upload_mb: int = Field(50, ge=1, description="Largest file that may be uploaded, in MB.")
    public_personal_data: bool = Field(
        False, description="Show contacts and representatives of organisations on public pages and exports."
    )
    public_url: str = Field(
        "", description="Address under which others reach the service, for links on sheets."
    )
    sheet_seconds: float = Field(60, gt=0, description="Longest time a sheet may take; a refusal says so.")
    sheet_memory_mb: int = Field(2048, ge=300, description="Most memory for drawing a sheet, in MB.")
    time_zone: str = Field(
        DEFAULT_TIME_ZONE, description="Time zone (IANA) by which sheets are dated and histories told."
    )
    frame_hosts: tuple[str, ...] = Field(
        (), description="Origins, separated by commas, whose pages may embed the map (/embed/…)."
    )

    cors_origins: tuple[str, ...] = Field(
        (), description="Origins, separated by commas, whose pages may read the API; * for all."
    )

    @field_validator("access_keys", mode="before")
    @classmethod
    def _keys(cls, value: object) -> object:
        """``key=role,key=role``; an item without a role is an error, never an operator by accident."""
        if not isinstance(value, str):
            return value
        keys: dict[str, str] = {}
        for item in filter(None, (part.strip() for part in value.split(","))):
            key, separator, role = item.rpartition("=")
            if not separator or len(key) < 16:
                raise ValueError("write key=role,key=role with keys of at least 16 characters")
            keys[key] = role
        return keys

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _readers(cls, value: object) -> object:
        """``*``, or exact origins: what a browser sends as Origin holds no pattern."""
        if not isinstance(value, str) or value.strip() == "*":
            return ("*",) if isinstance(value, str) else value
        origins = tuple(filter(None, (part.strip().rstrip("/") for part in value.split(","))))
        if wrong := [o for o in origins if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?", o)]:
            raise ValueError(f"not an origin such as https://portal.example: {wrong[0]}")
        return origins

    @field_validator("frame_hosts", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        """``https://a.example,https://b.example``: nothing that could end a header's directive."""
        if not isinstance(value, str):
            return value
        origins = tuple(filter(None, (part.strip() for part in value.split(","))))
        if wrong := [o for o in origins if not re.fullmatch(r"https?://[A-Za-z0-9.*-]+(:\d+)?", o)]:
            raise ValueError(f"not an origin such as https://portal.example: {wrong[0]}")
        return origins

    @property
    def loopback(self) -> bool:
        """Whether the address to listen on can be reached from this machine only."""
        from ipaddress import ip_address

        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False
