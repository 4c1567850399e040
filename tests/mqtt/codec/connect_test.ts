import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { generate, type IConnackPacket, type IConnectPacket, type IDisconnectPacket } from "mqtt-packet";
import { Secret } from "../../../src/core/secret.ts";
import { readConnack, readDisconnect, writeConnect, writeDisconnect } from "../../../src/mqtt/codec/connect.ts";
import type { ConnectRequest } from "../../../src/mqtt/connection/connection.ts";
import type { ConnectPlan } from "../../../src/mqtt/link.ts";
import { parsed, theRawPacket, written } from "../../support/packets.ts";

function request(plan: ConnectPlan, rest: Partial<ConnectRequest> = {}): ConnectRequest {
  return {
    broker: { url: "mqtt://broker", keepAlive: 60 },
    plan,
    protocolVersion: 5,
    received: () => {},
    ...rest,
  };
}

function connect(request: ConnectRequest): IConnectPacket {
  return parsed<IConnectPacket>(written((writer) => writeConnect(writer, request)), request.protocolVersion);
}

Deno.test("CONNECT says who comes, and nothing that nobody asked for", () => {
  for (const protocolVersion of [4, 5] as const) {
    const packet = connect(request({ clientId: "me" }, { protocolVersion }));
    assert.equal(packet.clientId, "me");
    assert.equal(packet.protocolVersion, protocolVersion);
    assert.equal(packet.clean, true);
    assert.equal(packet.keepalive, 60);
    assert.deepEqual([packet.username, packet.password, packet.will], [undefined, undefined, undefined]);
    assert.deepEqual(Object.keys(packet.properties ?? {}), []);
  }
});

Deno.test("CONNECT carries user name, password, will, expiry and user properties", () => {
  const will = {
    topic: "gone/\u20ac",
    payload: Uint8Array.of(1, 2, 3),
    qos: 1,
    retain: true,
    properties: { contentType: "text/plain", userProperties: { a: ["1", "2"] } },
  } as const;
  const plan = { clientId: "me", will, userProperties: { one: "x" } };
  const broker = { url: "mqtt://broker", keepAlive: 0, username: "u\u20ac", password: new Secret("p\u20ac") };
  const packet = connect(request(plan, { broker }));
  assert.equal(packet.username, "u\u20ac");
  assert.equal(String(packet.password), "p\u20ac");
  assert.deepEqual([packet.clean, packet.keepalive], [true, 0]);
  assert.deepEqual({ ...packet.properties?.userProperties }, { one: "x" });
  assert.deepEqual([packet.will?.topic, packet.will?.qos, packet.will?.retain], ["gone/\u20ac", 1, true]);
  assert.deepEqual([...packet.will?.payload as Buffer], [1, 2, 3]);
  assert.equal(packet.will?.properties?.contentType, "text/plain");

  const older = connect(request(plan, { broker, protocolVersion: 4 }));
  assert.deepEqual([older.will?.topic, older.will?.qos, older.will?.retain], ["gone/\u20ac", 1, true]);
});

Deno.test("a password may come without a user name, and a user name without a password", () => {
  const plan = { clientId: "me" };
  const token = connect(request(plan, { broker: { url: "", keepAlive: 1, password: new Secret("token") } }));
  assert.deepEqual([token.username, String(token.password)], [undefined, "token"]);
  const user = connect(request(plan, { broker: { url: "", keepAlive: 1, username: "" } }));
  assert.deepEqual([user.username, user.password], ["", undefined]);
});

function connack(packet: Partial<IConnackPacket>, version: 4 | 5 = 5): ReturnType<typeof readConnack> {
  const bytes = generate({ cmd: "connack", sessionPresent: false, ...packet } as IConnackPacket, {
    protocolVersion: version,
  });
  const raw = theRawPacket(bytes);
  return readConnack(raw.bytes, raw.body, version);
}

Deno.test("CONNACK tells what the broker grants", () => {
  const { code, text, answer } = connack({
    sessionPresent: true,
    reasonCode: 0,
    properties: {
      sessionExpiryInterval: 5,
      receiveMaximum: 20,
      maximumQoS: 1,
      retainAvailable: false,
      maximumPacketSize: 1000,
      assignedClientIdentifier: "auto-1",
      topicAliasMaximum: 3,
      reasonString: "welcome",
      userProperties: { a: ["1", "2"], b: "3" },
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: true,
      serverKeepAlive: 9,
      responseInformation: "here",
      serverReference: "there",
      authenticationMethod: "m",
      authenticationData: Buffer.from("d"),
    },
  });
  assert.deepEqual([code, text], [0, "welcome"]);
  assert.deepEqual({ ...answer, userProperties: { ...answer.userProperties } }, {
    maximumQoS: 1,
    retainAvailable: false,
    wildcardSubscriptionAvailable: false,
    sharedSubscriptionAvailable: true,
    subscriptionIdentifiersAvailable: false,
    maximumPacketSize: 1000,
    receiveMaximum: 20,
    topicAliasMaximum: 3,
    serverKeepAlive: 9,
    assignedClientIdentifier: "auto-1",
    userProperties: { a: ["1", "2"], b: "3" },
  });
});

Deno.test("CONNACK tells why the broker refuses, in the reason codes of MQTT 5 whatever the version", () => {
  const refused = connack({ reasonCode: 0x87, properties: { reasonString: "go away" } });
  assert.deepEqual([refused.code, refused.text], [0x87, "go away"]);
  assert.equal(connack({ reasonCode: 0x80 }).code, 0x80);
  const codes = [0, 1, 2, 3, 4, 5].map((returnCode) => connack({ returnCode }, 4).code);
  assert.deepEqual(codes, [0, 0x84, 0x85, 0x88, 0x86, 0x87]);
});

Deno.test("a CONNACK of MQTT 3.1.1 in answer to MQTT 5 is understood", () => {
  const bytes = generate({ cmd: "connack", returnCode: 1, sessionPresent: false } as IConnackPacket, {
    protocolVersion: 4,
  });
  const raw = theRawPacket(bytes);
  assert.equal(readConnack(raw.bytes, raw.body, 5).code, 0x84);
});

Deno.test("DISCONNECT says goodbye, or why", () => {
  assert.deepEqual([...written((writer) => writeDisconnect(writer))], [0xe0, 0]);
  assert.equal(parsed<IDisconnectPacket>(written((writer) => writeDisconnect(writer, 0x81)), 5).reasonCode, 0x81);

  const { bytes, body } = theRawPacket(generate({
    cmd: "disconnect",
    reasonCode: 0x8e,
    properties: { userProperties: { a: "b" }, serverReference: "x", reasonString: "another one came" },
  } as IDisconnectPacket, { protocolVersion: 5 }));
  assert.deepEqual(readDisconnect(bytes, body), { code: 0x8e, text: "another one came" });
  assert.deepEqual(readDisconnect(Uint8Array.of(0xe0, 0), 2), { code: 0, text: undefined });
});

Deno.test("whatever bytes arrive, reading CONNACK and DISCONNECT ends in an answer or in a RangeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom<4 | 5>(4, 5), (garbage, version) => {
      for (const read of [() => readConnack(garbage, 0, version), () => readDisconnect(garbage, 0)]) {
        try {
          read();
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      }
    }),
    { numRuns: 5_000 },
  );
});
