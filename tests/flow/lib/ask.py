"""The official Python client at the gate's own server: `ask.py URL TOKEN MODE`. Prints what came back as one JSON object."""
import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def main():
    url, token, mode = sys.argv[1:]
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            tools = await client.list_tools()
            server = await client.call_tool("check_server", {"server": "io.x/mail"})
            print(json.dumps({"tools": sorted(t.name for t in tools.tools), "server": server.structured_content}))


asyncio.run(main())
