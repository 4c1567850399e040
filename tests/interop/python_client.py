"""A client of the open convention, made with its Python SDK, which it takes from where it is installed.

Connects to the server of that name, goes through tools, resources and prompts, and prints what it sees as lines of
JSON. Then waits for lines on stdin: `call TOOL JSON`, `leave` (ends the session, but stays connected), `quit`.

    python python_client.py HOST PORT SERVER_NAME [CLIENT_ID]
"""

import json
import sys

import anyio
import mcp.client.mqtt as mqtt
from mcp.shared.exceptions import McpError
from mcp.shared.mqtt import MqttTransportBase

# It takes CONNACK properties that are absent, and so have their defaults, for refusals.
MqttTransportBase.assert_property = lambda self, properties, name, expected: None


def say(what, **details):
    print(json.dumps({"what": what, **details}), flush=True)


def dump(result):
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def on_disconnect(client, server_name):
    say("disconnected", server=server_name)


async def on_message(message):
    if hasattr(message, "root"):
        say("notification", method=message.root.method)


async def tick():
    """Keeps the event loop awake: the MQTT thread closes streams without waking it."""
    while True:
        await anyio.sleep(0.05)


async def look_around(client, server_name):
    say("tools", result=dump(await client.list_tools(server_name)))
    say("call", result=dump(await client.call_tool(server_name, "add", {"a": 1, "b": 2})))
    say("resources", result=dump(await client.list_resources(server_name)))
    say("read", result=dump(await client.read_resource(server_name, "test://greeting")))
    say("prompts", result=dump(await client.list_prompts(server_name)))
    say("ping", result=dump(await client.send_ping(server_name)))
    say("ready")


async def main(host, port, server_name, client_id=None):
    connected = anyio.Event()

    async def on_discovered(client, name):
        say("discovered", server=name, servers=list(client.server_list[name]))
        # Here, where the MQTT thread waits, it cannot get the answer to SUBSCRIBE before the SDK knows of the question.
        await client.initialize_mcp_server(name, message_handler=on_message)

    async def on_connect(client, name, result):
        status, info = result
        say("connected", server=name, status=status, result=dump(info) if status == "ok" else str(info))
        connected.set()

    async with anyio.create_task_group() as group:
        group.start_soon(tick)
        async with mqtt.MqttTransportClient(
            "python",
            client_id=client_id,
            server_name_filter=server_name,
            on_mcp_server_discovered=on_discovered,
            on_mcp_connect=on_connect,
            on_mcp_disconnect=on_disconnect,
            mqtt_options=mqtt.MqttOptions(host=host, port=int(port)),
        ) as client:
            await client.start()
            await connected.wait()
            await look_around(client, server_name)
            async for line in anyio.wrap_file(sys.stdin):
                word, _, rest = line.strip().partition(" ")
                if word == "call":
                    tool, _, arguments = rest.partition(" ")
                    try:
                        result = await client.call_tool(server_name, tool, json.loads(arguments or "{}"))
                        say("call", result=dump(result))
                    except McpError as problem:
                        say("refused", data=problem.error.data)
                elif word == "leave":
                    await client.deinitialize_mcp_server(server_name)
                    say("left")
                elif word == "quit":
                    break
        group.cancel_scope.cancel()


anyio.run(main, *sys.argv[1:])
