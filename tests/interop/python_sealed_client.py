"""A client of sealed sessions by the document of the wire alone: python_sealed_client.py HOST PORT NAME KEY_FILE SERVER_KEY"""

import base64, hashlib, json, os, queue, struct, sys, threading
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from noise.connection import Keypair, NoiseConnection
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

host, port, name, key_file, server_key = sys.argv[1:]
base, client, session = f"mcp/{name}", "python", os.urandom(12).hex()


def key_of(text):
    raw = base64.urlsafe_b64decode(text)
    assert len(raw) == 36 and hashlib.blake2s(raw[:32]).digest()[:4] == raw[32:]
    return raw[:32]


def private_key():
    for line in open(key_file):
        if line.startswith("mcp1-private-"):
            return key_of(line.strip().removeprefix("mcp1-private-"))


def properties(response_topic=None):
    found = Properties(PacketTypes.PUBLISH)
    found.PayloadFormatIndicator = 0
    found.ContentType = "application/octet-stream"
    found.CorrelationData = os.urandom(8)
    found.UserProperty = ("mcp-session", session)
    found.UserProperty = ("mcp-sealed", "1")
    if response_topic:
        found.ResponseTopic = response_topic
    return found


def say(what, **more):
    print(json.dumps({"what": what, **more}), flush=True)


arrived, subscribed = queue.Queue(), threading.Event()
link = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client, protocol=mqtt.MQTTv5)
link.on_message = lambda _client, _data, message: arrived.put(message)
link.on_subscribe = lambda *_: subscribed.set()
link.connect(host, int(port))
link.loop_start()
link.subscribe(f"{base}/response/{client}", 1)
subscribed.wait(5)

noise = NoiseConnection.from_name(b"Noise_IK_25519_ChaChaPoly_BLAKE2s")
noise.set_as_initiator()
noise.set_prologue(b"mcp-mqtt-sealed/1" + base.encode())
noise.set_keypair_from_private_bytes(Keypair.STATIC, private_key())
noise.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, key_of(server_key.removeprefix("mcp1")))
noise.start_handshake()
first = bytes(noise.write_message(b""))
link.publish(f"{base}/request/{client}", first, 1, properties=properties(f"{base}/response/{client}"))
answer = arrived.get(timeout=10)
agreed = json.loads(bytes(noise.read_message(answer.payload)))
if "instance" not in agreed:
    say("refused", **agreed)
    sys.exit(0)
topic = f"{base}/instance/{agreed['instance']}/{client}"
assert answer.properties.ResponseTopic == topic
sending = ChaCha20Poly1305(bytes(noise.noise_protocol.cipher_state_encrypt.k))
receiving = ChaCha20Poly1305(bytes(noise.noise_protocol.cipher_state_decrypt.k))
counter = sequence = acknowledged = 0


def send(line, payload=b""):
    global counter
    nonce = bytes(4) + struct.pack("<Q", counter)
    sealed = sending.encrypt(nonce, line.encode() + b"\n" + payload, session.encode())
    link.publish(topic, struct.pack(">Q", counter) + sealed, 0, properties=properties()).wait_for_publish(5)
    counter += 1


def ask(message):
    global sequence, acknowledged
    sequence += 1
    send(f"seq={sequence} ack={acknowledged} window=64", json.dumps(message).encode())
    while "id" in message:
        packet = arrived.get(timeout=10).payload
        nonce = bytes(4) + struct.pack("<Q", struct.unpack(">Q", packet[:8])[0])
        line, _, payload = receiving.decrypt(nonce, packet[8:], session.encode()).partition(b"\n")
        for word in line.decode().split(" "):
            if word.startswith("seq="):
                acknowledged = int(word[4:])
        if payload and json.loads(payload).get("id") == message["id"]:
            return json.loads(payload)


info = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "python", "version": "1"}}
say("initialized", **ask({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": info}))
ask({"jsonrpc": "2.0", "method": "notifications/initialized"})
call = {"name": "add", "arguments": {"a": 1, "b": 2}}
say("called", **ask({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}))
send("closed=session-ended")
link.loop_stop()
link.disconnect()
