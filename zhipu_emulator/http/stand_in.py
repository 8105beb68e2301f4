"""An emulator in place of the service, for as long as nobody has set a key."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ForwardRef

if TYPE_CHECKING:
    from zhipu_emulator.http.server import Server
else:  # `typing.get_type_hints` imports it: with a key no server is loaded
    Server = ForwardRef("__import__('zhipu_emulator', fromlist=['Server']).Server")

__all__ = ["stand_in"]

#: Where the packages of this project look for a key.
KEY_VARIABLES = ("ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "ZAI_API_KEY", "Z_AI_API_KEY")


@contextmanager
def stand_in(port: int = 0, **options: Any) -> Iterator[Server | None]:
    """Answer in place of the service where no key is set: one program, with a key and without.

    With a key in the environment nothing happens. Without one an emulator is started for as long
    as the block lasts, ``ZHIPUAI_API_KEY`` and ``ZHIPUAI_BASE_URL`` name it, and one line on
    stderr says so. What is made inside of the block reaches it without any setting.

    Args:
        port: 0 takes a free one.
        options: Fields of ``Options``.

    Yields:
        The server; None where there is a key.

    Raises:
        OSError: The port is taken.
        TypeError: An option that does not exist.

    Examples:
        >>> from zhipu_client import Client, chat
        >>> from zhipu_emulator import stand_in
        >>> with stand_in():
        ...     question = {"role": "user", "content": "What is 17 times 19?"}
        ...     answer = Client().send(chat.create(model="glm-4.7", messages=[question]))
        >>> "323" in answer.choices[0].message.content
        True
    """
    if any(os.environ.get(name, "").strip() for name in KEY_VARIABLES):
        yield None
        return
    from zhipu_emulator.http.server import serve  # with a key none of it is needed

    with serve(port, **options) as server:
        reach = {"ZHIPUAI_API_KEY": server.api_key, "ZHIPUAI_BASE_URL": server.base_url}
        # A proxy in the environment cannot know what listens on this machine's own loopback.
        known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        reach["no_proxy"] = f"{known},127.0.0.1" if known else "127.0.0.1"
        before = {name: os.environ.get(name) for name in reach}
        os.environ.update(reach)
        sys.stderr.write(
            f"No API key is set: the emulator on {server.base_url} makes up the answers.\n"
        )
        try:
            yield server
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
