import assert from "node:assert/strict";
import { fromReturnCode, permanentRefusal, reasonCodeName } from "../../src/mqtt/reason_codes.ts";

Deno.test("a reason code has its name of the standard, and an unknown one its number", () => {
  assert.equal(reasonCodeName(0x87), "Not authorized (0x87)");
  assert.equal(reasonCodeName(0x95), "Packet too large (0x95)");
  assert.equal(reasonCodeName(0xff), "Reason code (0xff)");
  assert.equal(reasonCodeName(0), "Reason code (0x00)");
});

const PERMANENT = [0x81, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x95, 0x9a, 0x9b];
const PASSING = [0x80, 0x83, 0x88, 0x89, 0x8b, 0x8e, 0x97, 0x9c, 0x9d, 0x9f];

Deno.test("refusals that the same CONNECT would meet again say what to check, and the others do not", () => {
  for (const code of PERMANENT) assert.equal(typeof permanentRefusal(code), "string", reasonCodeName(code));
  for (const code of PASSING) assert.equal(permanentRefusal(code), undefined, reasonCodeName(code));
  assert.match(permanentRefusal(0x86) ?? "", /--username, --password-file/);
});

Deno.test("MQTT 3.1.1's return codes mean what MQTT 5's reason codes mean", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map(fromReturnCode), [0, 0x84, 0x85, 0x88, 0x86, 0x87, 0x80]);
});
