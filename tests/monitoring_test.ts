/**
 * The dashboard and the rules for alerts, held to the metrics that there are.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Metrics } from "../src/observe/status/metrics.ts";

const FOLDER = new URL("../.github/docs/", import.meta.url);

/** The names of the samples that `/metrics` has, with those of the histogram. */
const SAMPLES = Array.from(
  new Metrics({ version: "1", servers: ["files"], maximumSessions: 1 }).render()
    .matchAll(/^# TYPE (\w+) (\w+)$/gm),
  ([, name = "", type]) => type === "histogram" ? ["_bucket", "_sum", "_count"].map((part) => name + part) : [name],
).flat();

/** Whether a program is there. */
async function runs(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

for (const file of ["grafana-dashboard.json", "prometheus-alerts.yml"]) {
  Deno.test(`${file} asks for metrics that there are, and for most of them`, async () => {
    const text = await Deno.readTextFile(new URL(file, FOLDER));
    const named = new Set(Array.from(text.matchAll(/mcp_mqtt_proxy_\w+/g), ([name]) => name));
    assert.deepEqual([...named].filter((name) => !SAMPLES.includes(name)), []);
    assert.ok(named.size > 6, `only ${named.size} are named`);
  });
}

Deno.test("the dashboard has panels that do not overlap, each with a question of its own", async () => {
  const { panels } = JSON.parse(await Deno.readTextFile(new URL("grafana-dashboard.json", FOLDER)));
  const cells = new Set<string>();
  for (const { gridPos: { x, y, w, h }, targets } of panels) {
    assert.ok(targets.length > 0 && x + w <= 24);
    for (let column = x; column < x + w; column++) {
      for (let row = y; row < y + h; row++) {
        assert.ok(!cells.has(`${column},${row}`), `two panels at ${column},${row}`);
        cells.add(`${column},${row}`);
      }
    }
  }
});

Deno.test({
  name: "promtool accepts the rules for alerts, and what /metrics says",
  ignore: !await runs("promtool"),
  fn: async () => {
    const rules = new URL("prometheus-alerts.yml", FOLDER).pathname;
    const checked = await new Deno.Command("promtool", { args: ["check", "rules", rules] }).output();
    assert.ok(checked.success, new TextDecoder().decode(checked.stderr));
    const metrics = new Metrics({ version: "1", servers: ["files"], maximumSessions: 1 });
    metrics.observe({ type: "session.opened", server: "files", session: "c/1", profile: "p" });
    metrics.observe({ type: "request.ended", server: "files", method: "ping", duration: 1 });
    const promtool = new Deno.Command("promtool", { args: ["check", "metrics"], stdin: "piped", stderr: "piped" })
      .spawn();
    const writer = promtool.stdin.getWriter();
    await writer.write(new TextEncoder().encode(metrics.render()));
    await writer.close();
    const { success, stderr } = await promtool.output();
    assert.ok(success, new TextDecoder().decode(stderr));
  },
});
