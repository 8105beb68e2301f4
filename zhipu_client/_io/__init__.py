"""All input and output of the client: the only place that imports httpx, asyncio or threading."""
