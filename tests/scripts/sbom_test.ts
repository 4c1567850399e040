import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import metadata from "../../deno.json" with { type: "json" };

Deno.test("the SBOM lists the packages that are in the executable, with their hashes, and no others", async () => {
  const script = fileURLToPath(new URL("../../scripts/sbom.ts", import.meta.url));
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", script] }).output();
  assert.ok(success);
  const sbom: { components: { name: string; version: string; purl?: string; hashes?: { content: string }[] }[] } = JSON
    .parse(new TextDecoder().decode(stdout));
  const mqtt = sbom.components.find(({ name }) => name === "mqtt");
  assert.equal(`npm:mqtt@${mqtt?.version}`, metadata.imports.mqtt);
  assert.match(mqtt?.hashes?.[0]?.content ?? "", /^[0-9a-f]{128}$/);
  const names = sbom.components.map(({ name }) => name);
  for (const name of ["express", "aedes", "fast-check"]) assert.ok(!names.includes(name), name);
});
