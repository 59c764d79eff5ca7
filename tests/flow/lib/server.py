"""A server on the official Python SDK: `server.py TRANSPORT PORT`, TRANSPORT sse or streamable-http."""
import sys

from mcp.server import MCPServer
from mcp.server.mcpserver import Context

server = MCPServer("python")


@server.tool()
def echo(message: str) -> str:
    return f"Echo: {message}"


@server.tool(name="get-env")
def get_env() -> str:
    return "nothing"


@server.tool(name="get-sum")
async def get_sum(a: float, b: float, ctx: Context) -> str:
    await ctx.report_progress(1, 2)
    return str(a + b)


if __name__ == "__main__":
    server.run(transport=sys.argv[1], host="127.0.0.1", port=int(sys.argv[2]))
