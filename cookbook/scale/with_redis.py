"""One limit for several machines: each call takes one of the account's places, kept in Redis.

    pip install "redis>=5" "zhipu-integrations[langchain,llama-index,emulator]"
    REDIS_URL=redis://localhost:6379 python cookbook/scale/with_redis.py

What matters: `shared_limit` of the adapters is for the processes of one machine. Over machines, a
place is taken before a call and given back after it, here in a sorted set whose scores are the
times at which a place falls free by itself: a machine that dies keeps none. Redis runs the script
as one step and has the only clock, so it does not matter what the machines' clocks say. The three
processes of this program are the machines; a LangChain model is called from threads, a LlamaIndex
one from tasks.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from multiprocessing import get_context

from llama_index.core.llms import ChatMessage

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from zhipu_emulator import stand_in

try:
    import redis
    import redis.asyncio
except ImportError as error:
    command = 'pip install "redis>=5" "zhipu-integrations[langchain,llama-index,emulator]"'
    raise SystemExit(f"{error}. This recipe needs: {command}") from None

URL = os.environ.get("REDIS_URL", "redis://localhost:6379")
MACHINES, CALLS, PLACES = 3, 10, 4

TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[3]))
return 1
"""


class Places:
    """The places of one account and model, the same for whoever gives the same name.

    Args:
        name: Of the account and the model, never the key itself: Redis would keep it readable.
        places: Calls at once; what the service allows the account for this model.
        lease: Seconds until a place falls free by itself; more than the longest call takes.
    """

    def __init__(self, name: str, places: int = PLACES, lease: float = 300.0) -> None:
        self._key, self._places, self._lease = f"places:{name}", places, lease

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place, and give it back at the end of the block. For threads."""
        ticket = uuid.uuid4().hex
        with redis.Redis.from_url(URL) as server:
            while not server.eval(TAKE, 1, self._key, ticket, self._places, self._lease):
                time.sleep(random.uniform(0.02, 0.08))
            try:
                yield
            finally:
                server.zrem(self._key, ticket)

    @asynccontextmanager
    async def aplace(self) -> AsyncIterator[None]:
        """Do the same for tasks."""
        ticket = uuid.uuid4().hex
        async with redis.asyncio.Redis.from_url(URL) as server:
            arguments = (TAKE, 1, self._key, ticket, self._places, self._lease)
            # Another machine gives a place back: there is no event here to wait for.
            while not await server.eval(*arguments):  # noqa: ASYNC110
                await asyncio.sleep(random.uniform(0.02, 0.08))
            try:
                yield
            finally:
                await server.zrem(self._key, ticket)


def langchain_calls(places: Places) -> list[str]:
    """Ask from threads. A stream keeps its place until it has been read."""
    model = ChatZhipuAI(model="glm-4.7")

    def ask(number: int) -> str:
        with places.place():
            if number % 2:
                return "".join(chunk.text for chunk in model.stream(f"What is {number} * 7?"))
            return model.invoke(f"What is {number} * 7?").text

    with ThreadPoolExecutor(CALLS) as pool:
        return list(pool.map(ask, range(CALLS)))


async def llama_index_calls(places: Places) -> list[str]:
    """Ask from tasks."""
    model = ZhipuAI(model="glm-4.7")

    async def ask(number: int) -> str:
        async with places.aplace():
            answer = await model.achat([ChatMessage(f"What is {number} * 7?")])
            return answer.message.content or ""

    return await asyncio.gather(*map(ask, range(CALLS)))


def machine(number: int) -> int:
    """Do one machine's work, and return how many answers are right."""
    del number
    places = Places("team-a:glm-4.7")
    answers = [*langchain_calls(places), *asyncio.run(llama_index_calls(places))]
    return sum(str(n % CALLS * 7) in answer for n, answer in enumerate(answers))


def main() -> None:
    """Let the machines ask, and print what came of it."""
    # Without a key the emulator answers, which refuses the fifth call at once with code 1302.
    with stand_in(max_in_flight=PLACES, latency=0.1) as server:
        begun = time.perf_counter()
        with ProcessPoolExecutor(MACHINES, mp_context=get_context("spawn")) as pool:
            right = sum(pool.map(machine, range(MACHINES)))
        seconds = time.perf_counter() - begun
        asked = len(server.requests) if server else right
    print(f"{right} of {MACHINES * 2 * CALLS} answers right, {asked} requests, {seconds:.1f} s")


if __name__ == "__main__":
    main()
