"""``--save FILE``: a result as a file, in the form its name asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mcp_magics.errors import CommandError
from mcp_magics.results.media import size_text

_IMAGES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})


def save(value: Any, path: str) -> str:
    """Write ``value`` to ``path`` in the form its suffix asks for; returns what was written, for people.

    ``.csv`` is its table, an image's suffix its first image, ``.txt`` and ``.md`` its text, any other its JSON, unless
    the value's own ``as_file`` has another form for the suffix.
    Raises ``CommandError`` where the file cannot be written or the value has no such form.
    """
    target = Path(path).expanduser()
    try:
        size = target.write_bytes(_content(value, target.suffix.lower()))
    except OSError as error:
        raise CommandError(
            f"cannot write {target}: {error.strerror or error}",
            class_="not_saved",
            phase="save",
            next_step="--save FILE",
        ) from None
    return f"saved {target}, {size_text(size)}"


def _content(value: Any, suffix: str) -> bytes:
    if suffix in _IMAGES:
        images = getattr(value, "images", ())
        if not images:
            raise CommandError(
                "the result has no image to save", class_="not_saved", phase="save", next_step="--save FILE.json"
            )
        return bytes(images[0].data)
    if (own := getattr(value, "as_file", None)) is not None and (text := own(suffix)) is not None:
        return str(text).encode("utf-8", "replace")
    if suffix == ".csv":
        return value.df.to_csv(index=False).encode()  # type: ignore[no-any-return]
    if suffix in {".txt", ".md", ".toml"} and hasattr(value, "text"):
        return str(value.text).encode("utf-8", "surrogatepass")
    return (json.dumps(value.to_json(), ensure_ascii=False, indent=2) + "\n").encode("utf-8", "surrogatepass")
