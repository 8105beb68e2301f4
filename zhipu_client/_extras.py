"""What messages say about an extra that is missing."""

from __future__ import annotations

__all__ = ["install"]


def install(extra: str) -> str:
    """Return the command that adds an extra to what is installed.

    By the name, which is right for a clone as for a release: pip and uv complete the distribution
    that is there, and ask no index for it.

    Args:
        extra: Its name.

    Examples:
        >>> from zhipu_client.adapting import install
        >>> install("ocr")
        'pip install "zhipu-integrations[ocr]"'
    """
    return f'pip install "zhipu-integrations[{extra}]"'
