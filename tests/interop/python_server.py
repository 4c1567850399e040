"""A server of the open convention, made with its Python SDK, which it takes from where it is installed.

    python python_server.py HOST PORT SERVER_NAME [CLIENT_ID]
"""

import sys

import mcp.server.mqtt
from mcp.server.fastmcp import Context, FastMCP
from mcp.server.mqtt import MqttOptions
from mcp.shared.mqtt import MqttTransportBase

# It takes CONNACK properties that are absent, and so have their defaults, for refusals.
MqttTransportBase.assert_property = lambda self, properties, name, expected: None

host, port, server_name = sys.argv[1:4]
server = FastMCP(
    server_name,
    log_level="WARNING",
    mqtt_server_description="A server made with the Python SDK",
    mqtt_server_meta={"made": "in Python"},
    mqtt_client_id=sys.argv[4] if len(sys.argv) > 4 else None,
    mqtt_options=MqttOptions(host=host, port=int(port)),
)


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers"""
    return a + b


@server.tool()
async def ask(context: Context) -> str:
    """Asks the client for its roots"""
    roots = await context.session.list_roots()
    return ", ".join(str(root.uri) for root in roots.roots)


@server.tool()
async def steps(count: int, context: Context) -> str:
    """Reports progress"""
    for step in range(count):
        await context.report_progress(step, count)
    return "done"


@server.resource("test://greeting")
def greeting() -> str:
    """A greeting"""
    return "hello"


server.run(transport="mqtt")
