"""The official Python client: `client.py URL TOKEN MODE` or `client.py - POLICY PROGRAM COMMAND…`.

MODE is auto, legacy, or sse (HTTP+SSE). Lists the tools, makes one call that should pass and one that should not, and prints
what came back as one JSON object.
"""
import asyncio
import json
import os
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client


async def look(server, mode):
    async with Client(server, mode=mode) as client:
        tools = await client.list_tools()
        allowed = await client.call_tool("echo", {"message": "from Python"})
        refused = await client.call_tool("get-env", {})
        print(json.dumps({
            "tools": sorted(t.name for t in tools.tools),
            "allowed": allowed.content[0].text,
            "refused": [refused.is_error, refused.content[0].text],
        }))


async def main():
    if sys.argv[1] == "-":
        policy, program, *command = sys.argv[2:]
        arguments = ["wrap", "--policy", policy, "--", *command]
        await look(StdioServerParameters(command=program, args=arguments, env=dict(os.environ)), "auto")
        return
    url, token, mode = sys.argv[1:]
    if mode == "sse":
        await look(sse_client(url, headers={"Authorization": f"Bearer {token}"}), "legacy")
        return
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        await look(streamable_http_client(url, http_client=http), mode)


asyncio.run(main())
