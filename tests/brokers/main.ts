/**
 * The broker contract: what works with every broker that is installed here, as a table.
 *
 *     deno task brokers [NAME...]
 *
 * With BROKER_SCRIPT, a program that starts brokers, NAME may be one of those too.
 *
 * @module
 */
import { type Process, startProxy, startServe } from "../support/proxy.ts";
import { print } from "../../scripts/support/print.ts";
import { freePort } from "../support/net.ts";
import { within } from "../support/wait.ts";
import type { InstalledBroker, RunningBroker } from "./broker_process.ts";
import { installedBrokers } from "./installed.ts";

const COUNTER = new URL("../faults/counter_server.ts", import.meta.url).pathname;

/** A step may take so long, in ms. */
const LIMIT = 60_000;

/** What is tried; each gives a cell of the table, and fails by throwing. */
const TRIALS = {
  "MQTT": (trial: Trial) => trial.version(),
  "calls": (trial: Trial) => trial.calls(),
  "open convention": (trial: Trial) => trial.convention(),
  "two instances, one killed": (trial: Trial) => trial.instances(),
  "restart": (trial: Trial) => trial.restart(),
  "message of 500 kB": (trial: Trial) => trial.large(),
} as const;

type Column = keyof typeof TRIALS;

/** Without these, a broker does not do. */
const NEEDED: readonly Column[] = ["MQTT", "calls", "two instances, one killed", "restart"];

/** One broker, and what runs on it. */
class Trial implements AsyncDisposable {
  readonly #kind: InstalledBroker;
  readonly #port = freePort();
  readonly #file = Deno.makeTempFileSync();
  readonly #started: Process[] = [];
  #broker: RunningBroker;
  #calls = 0;

  private constructor(kind: InstalledBroker, broker: RunningBroker, port: number) {
    this.#kind = kind;
    this.#broker = broker;
    this.#port = port;
  }

  static async begin(kind: InstalledBroker): Promise<Trial> {
    const port = freePort();
    return new Trial(kind, await kind.start(port), port);
  }

  async version(): Promise<string> {
    await this.#serve("a");
    const host = this.#connect("--log-level", "info");
    const line = await host.errors.find((line) => line.includes("connected to"));
    return /\(MQTT ([\d.]+)\)/.exec(line)?.[1] ?? "?";
  }

  async calls(): Promise<string> {
    const host = await this.#session();
    for (let call = 0; call < 50; call++) await this.#call(host);
    await this.#nothingTwice();
    return "yes";
  }

  async convention(): Promise<string> {
    try {
      await this.#serve("c", "--profile", "mcp-over-mqtt");
      const host = await this.#session("--profile", "mcp-over-mqtt");
      for (let call = 0; call < 20; call++) await this.#call(host);
      await this.#nothingTwice();
      return "yes";
    } catch {
      return "no";
    }
  }

  async instances(): Promise<string> {
    const [first] = [await this.#serve("a"), await this.#serve("b")];
    const host = await this.#session("--pick", "first", "--session-expiry", "0.5");
    for (let call = 0; call < 20; call++) await this.#call(host);
    first.kill("SIGKILL");
    await this.#untilAnswered(host);
    await this.#nothingTwice();
    return "yes";
  }

  async restart(): Promise<string> {
    const host = await this.#session();
    await this.#call(host);
    await this.#broker[Symbol.asyncDispose]();
    this.#broker = await this.#kind.start(this.#port);
    await this.#untilAnswered(host);
    await this.#nothingTwice();
    return "yes";
  }

  async large(): Promise<string> {
    const host = await this.#session("--timeout", "20");
    const { error } = await this.#ask(host, { padding: "x".repeat(500_000) });
    return error === undefined ? "yes" : "no";
  }

  /** Ends what a step has started. */
  async rest(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((process) => process[Symbol.asyncDispose]()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rest();
    await this.#broker[Symbol.asyncDispose]();
    await Deno.remove(this.#file);
  }

  get #address(): readonly string[] {
    return ["--broker", this.#broker.url, "--name", "counter", ...this.#broker.login];
  }

  async #serve(clientId: string, ...args: string[]): Promise<Process> {
    const profile = args.includes("--profile") ? [] : ["--profile", "request-response"];
    const command = [Deno.execPath(), "run", "-A", "--no-check", COUNTER, this.#file];
    const serve = await startServe([...this.#address, ...profile, "--client-id", clientId, ...args, "--", ...command]);
    this.#started.push(serve);
    return serve;
  }

  #connect(...args: string[]): Process {
    const profile = args.includes("--profile") ? [] : ["--profile", "request-response"];
    const host = startProxy(["connect", ...this.#address, ...profile, "--timeout", "5", ...args]);
    this.#started.push(host);
    return host;
  }

  /** A host with a session, and a server if there is none. */
  async #session(...args: string[]): Promise<Process> {
    if (this.#started.length === 0) await this.#serve("a");
    const host = this.#connect(...args);
    await host.send({ jsonrpc: "2.0", id: "init", method: "initialize", params: {} });
    await host.output.find((line) => line.includes('"init"') && line.includes('"result"'));
    await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    return host;
  }

  // deno-lint-ignore no-explicit-any -- what tests look into has any shape
  async #ask(host: Process, rest: Record<string, unknown> = {}): Promise<any> {
    const number = ++this.#calls * 10 + 1; // no tenth call, which would ask the host something
    const params = { name: "count", arguments: { number, ...rest } };
    await host.send({ jsonrpc: "2.0", id: number, method: "tools/call", params });
    return JSON.parse(await host.output.find((line) => line.includes(`"id":${number},`)));
  }

  async #call(host: Process): Promise<void> {
    const { error } = await this.#ask(host);
    if (error !== undefined) throw new Error(error.message);
  }

  async #untilAnswered(host: Process): Promise<void> {
    while ((await this.#ask(host)).error !== undefined);
  }

  async #nothingTwice(): Promise<void> {
    const ran = (await Deno.readTextFile(this.#file)).split("\n").filter((line) => line !== "");
    if (new Set(ran).size !== ran.length) throw new Error("a call ran twice");
  }
}

const brokers = await installedBrokers(Deno.args);
if (brokers.length === 0) throw new Error(`None of these is here: ${Deno.args.join(", ")}`);
const columns = Object.keys(TRIALS) as Column[];
const rows: string[][] = [];
let failed = false;
for (const kind of brokers) {
  await using trial = await Trial.begin(kind);
  const cells: string[] = [];
  for (const column of columns) {
    try {
      cells.push(await within(column, TRIALS[column](trial), LIMIT));
    } catch (error) {
      print(`${kind.name}, ${column}: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
      cells.push("no");
    }
    await trial.rest();
  }
  failed ||= NEEDED.some((column) => cells[columns.indexOf(column)] === "no");
  rows.push([`${kind.name} ${kind.version}`.trim(), ...cells]);
}
const head = ["broker", ...columns];
print([head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n"));
Deno.exit(failed ? 1 : 0);
