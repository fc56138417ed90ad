"""Where uploaded data come from: the same fields of every form that takes a layer or a boundary set."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

SourceField = Annotated[str, Form(description="Credit line, printed on every sheet.")]
LicenceField = Annotated[str, Form()]
StateField = Annotated[
    str,
    Form(max_length=10, description="State of the data: YYYY, YYYY-MM or YYYY-MM-DD.", examples=["2024-07"]),
]
EditionField = Annotated[
    str,
    Form(max_length=200, description="The source's own name for what it issued.", examples=["v5.1.1"]),
]
