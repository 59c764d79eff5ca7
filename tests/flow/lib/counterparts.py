"""The official Python client, for many servers one after the other or at once.

Reads one JSON object a line: {id, url | command, env, headers, kind: http|sse|stdio, mode, plan: {tool, arguments, uri, prompt}};
answers each by {id, seen} or {id, error}.
"""
import asyncio
import json
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client


def plain(result):
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def list_tools(client, awaited):
    """Of a door to many servers once the tools of the awaited one are among them: it may be starting."""
    while True:
        tools = plain(await client.list_tools(cache_mode="refresh"))["tools"]
        if any(t["name"].startswith(awaited) for t in tools):
            return tools
        await asyncio.sleep(0.05)


async def look(server, job):
    plan = job["plan"]
    async with Client(server, mode=job["mode"]) as client:
        seen = {"tools": await list_tools(client, plan.get("awaited", ""))}
        seen["called"] = plain(await client.call_tool(plan["tool"], plan["arguments"]))
        if "uri" in plan:
            seen["read"] = plain(await client.read_resource(plan["uri"]))
        if "prompt" in plan:
            seen["prompted"] = plain(await client.get_prompt(plan["prompt"]))
        return seen


async def do(job):
    if job["kind"] == "stdio":
        command, *arguments = job["command"]
        return await look(StdioServerParameters(command=command, args=arguments, env=job["env"]), job)
    if job["kind"] == "sse":
        return await look(sse_client(job["url"], headers=job["headers"]), job)
    async with httpx2.AsyncClient(headers=job["headers"], timeout=60) as http:
        return await look(streamable_http_client(job["url"], http_client=http), job)


def first(error):
    return first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


async def answer(job):
    try:
        said = {"id": job["id"], "seen": await do(job)}
    except Exception as error:
        said = {"id": job["id"], "error": f"{type(first(error)).__name__}: {first(error)}"}
    print(json.dumps(said), flush=True)


async def main():
    tasks = set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        tasks.add(asyncio.create_task(answer(json.loads(line))))


asyncio.run(main())
