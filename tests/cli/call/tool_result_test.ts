import assert from "node:assert/strict";
import { toolList as toolListOf } from "../../../src/cli/call/tool_list.ts";
import { toolResult as toolResultOf } from "../../../src/cli/call/tool_result.ts";
import { JsonText } from "../../../src/core/json_text.ts";

const toolList = (tools: readonly unknown[]) => toolListOf(tools.map((tool) => JsonText.from(tool)));
const toolResult = (result: unknown) => toolResultOf(JsonText.from(result));

Deno.test("toolResult() shows structured content once, and the text that says more", () => {
  const structuredContent = { a: [1, 2] };
  const pretty = JSON.stringify(structuredContent, undefined, 2);
  const text = (text: string) => ({ type: "text", text });
  assert.deepEqual(toolResult({ content: [text('{ "a": [1, 2] }')], structuredContent }), [pretty]);
  assert.deepEqual(toolResult({ content: [text("a note")], structuredContent }), ["a note", pretty]);
  assert.deepEqual(toolResult({ structuredContent }), [pretty]);
});

Deno.test("toolResult() lets no control character reach the terminal", () => {
  assert.deepEqual(toolResult({ content: [{ type: "text", text: "a\u001b[2Jb\tc\r\nd\u0000" }] }), [
    "a\\u001b[2Jb\tc\nd\\u0000",
  ]);
});

Deno.test("toolResult() shows what it does not know as it is", () => {
  const strange = [{ type: "hologram", data: 1 }, 7, null, {
    type: "image",
    data: "not base64!",
    mimeType: "image/png",
  }];
  assert.deepEqual(toolResult({ content: strange }), strange.map((part) => JSON.stringify(part, undefined, 2)));
  assert.deepEqual(toolResult({}), []);
  assert.deepEqual(toolResult({ content: "text" }), []);
});

Deno.test("toolResult() gives binary content the extension of its type", () => {
  const part = (type: string, mimeType: string) => ({ type, mimeType, data: "AAEC" });
  const blob = { type: "resource", resource: { uri: "x:y", mimeType: "application/pdf", blob: "AAEC" } };
  const bytes = new Uint8Array([0, 1, 2]);
  assert.deepEqual(toolResult({ content: [part("image", "image/jpeg"), part("audio", "audio/x-new"), blob] }), [
    { bytes, extension: ".jpg" },
    { bytes, extension: ".bin" },
    { bytes, extension: ".pdf" },
  ]);
});

Deno.test("toolList() says what each parameter is", () => {
  const inputSchema = {
    properties: {
      mode: { enum: ["a", "b"], description: "which" },
      items: { type: "array", items: { type: "string" } },
      either: { anyOf: [{ type: "number" }, { type: "null" }] },
      both: { type: ["string", "null"], default: "x" },
      any: {},
    },
    required: ["mode"],
  };
  assert.equal(
    toolList([{ name: "tool", description: "does\nthings", inputSchema }, { name: "bare" }, null]),
    [
      "tool  does things",
      '    mode    "a" | "b"        required     which',
      "    items   array of string  optional",
      "    either  number | null    optional",
      '    both    string | null    default "x"',
      "    any     anything         optional",
      "",
      "bare",
      "",
      "undefined",
      "",
    ].join("\n"),
  );
});

Deno.test("numbers keep their digits, and names their order", () => {
  const exact = (json: string) => JsonText.parse(json);
  const structured = '{"b":1.0,"10":2574604874062343519,"9":1E400}';
  assert.deepEqual(toolResultOf(exact(`{"structuredContent":${structured},"content":[{"type":"x","n":0.10}]}`)), [
    '{\n  "type": "x",\n  "n": 0.10\n}',
    '{\n  "b": 1.0,\n  "10": 2574604874062343519,\n  "9": 1E400\n}',
  ]);
  const parameters = '{"10":{"default":1.0},"9":{"enum":[9007199254740993,1.50]}}';
  assert.equal(
    toolListOf([exact(`{"name":"t","inputSchema":{"properties":${parameters}}}`)]),
    "t\n    10  anything                 default 1.0\n    9   9007199254740993 | 1.50  optional\n",
  );
});
