/**
 * A broker, a server on it and a host, and what can be done to them.
 *
 * @module
 */
import { type Mosquitto, mosquitto } from "../support/mosquitto.ts";
import { freePort } from "../support/net.ts";
import { type Process, startServe } from "../support/proxy.ts";
import { memory } from "../support/usage.ts";
import { Driver } from "./driver.ts";
import { FlakyNetwork } from "./flaky_network.ts";

const SERVER = new URL("counter_server.ts", import.meta.url).pathname;

/** How a world is set up. */
export interface WorldOptions {
  /** Lines of `mosquitto.conf`. */
  readonly configuration?: readonly string[];
  /** QoS of both ends. @default {"auto"} */
  readonly qos?: string;
  /** How many instances of `serve` there are. @default {1} */
  readonly instances?: number;
  /** More options of `serve`. */
  readonly serve?: readonly string[];
  /** More options of `connect`. */
  readonly connect?: readonly string[];
  /** More variables of both ends. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called when everything has ended. */
  readonly cleanUp?: () => Promise<void>;
}

/** How long a request may take, in seconds. */
export const TIMEOUT = 15;

/** Everything that a fault can hit. */
export class World implements AsyncDisposable {
  readonly driver: Driver;
  readonly serverNetwork: FlakyNetwork;
  readonly clientNetwork: FlakyNetwork;
  readonly clientId = "fault-client";
  readonly #port: number;
  readonly #options: WorldOptions;
  readonly #record: string;
  #broker: Mosquitto | undefined;
  readonly #instances: Process[] = [];

  private constructor(port: number, record: string, options: WorldOptions) {
    this.#port = port;
    this.#options = options;
    this.#record = record;
    this.serverNetwork = new FlakyNetwork(port);
    this.clientNetwork = new FlakyNetwork(port);
    const args = [
      ...this.#arguments(this.clientNetwork),
      ...options.connect ?? [],
      "--client-id",
      this.clientId,
      "--timeout",
      String(TIMEOUT),
    ];
    this.driver = new Driver(args, TIMEOUT * 1000, options.env ?? {});
  }

  /** Starts everything. */
  static async start(options: WorldOptions = {}): Promise<World> {
    const record = await Deno.makeTempFile({ prefix: "faults-" });
    const world = new World(freePort(), record, options);
    await world.startBroker();
    for (let index = 0; index < (options.instances ?? 1); index++) await world.startServe(index);
    await world.driver.start();
    return world;
  }

  /** The broker's process. */
  get brokerPid(): number {
    return this.#broker?.pid ?? 0;
  }

  /** The process of the first `serve`. */
  get servePid(): number {
    return this.#instances[0]?.pid ?? 0;
  }

  /** The broker's address. */
  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  /** Resident memory of `connect` and `serve` together, in MB. */
  get memory(): number {
    return [this.driver.pid, this.servePid].map(residentMegabytes).reduce((a, b) => a + b, 0);
  }

  async startBroker(): Promise<void> {
    const { configuration = ["allow_anonymous true"] } = this.#options;
    this.#broker = await mosquitto({ port: this.#port, configuration });
  }

  /** Ends the broker as a power failure would, and starts it again after `pause` ms. */
  async restartBroker(pause: number): Promise<void> {
    await this.#broker?.kill();
    await wait(pause);
    await this.startBroker();
  }

  async startServe(index = 0): Promise<void> {
    const command = [Deno.execPath(), "run", "-A", SERVER, this.#record];
    const { env = {}, serve = [] } = this.#options;
    this.#instances[index] = await startServe(
      [...this.#arguments(this.serverNetwork), ...serve, "--", ...command],
      { env },
    );
  }

  /** Ends one instance of `serve`, as a power failure would unless `signal` says how, and starts it again after `pause` ms. */
  async restartServe(pause: number, signal: Deno.Signal = "SIGKILL", index = 0): Promise<void> {
    const instance = this.#instances[index];
    instance?.kill(signal);
    await instance?.status; // a second signal would end it at once
    await instance?.[Symbol.asyncDispose]();
    await wait(pause);
    await this.startServe(index);
  }

  /** The server processes of all sessions. */
  async children(): Promise<number[]> {
    const { stdout } = await new Deno.Command("pgrep", { args: ["-P", String(this.servePid), "-x", "deno"] }).output();
    return new TextDecoder().decode(stdout).split("\n").filter(Boolean).map(Number);
  }

  /** Ends the server process of the session as a power failure would. */
  async killChild(): Promise<void> {
    for (const pid of await this.children()) Deno.kill(pid, "SIGKILL");
  }

  /** How many calls ran more than once, and how many ran although the host was told that they failed. */
  async executions(): Promise<{ repeated: number; unanswered: number }> {
    const numbers = (await Deno.readTextFile(this.#record)).split("\n").filter(Boolean).map(Number);
    const calls = new Set(numbers);
    return { repeated: numbers.length - calls.size, unanswered: calls.intersection(this.driver.failed).size };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver[Symbol.asyncDispose]();
    await Promise.all(this.#instances.map((instance) => instance[Symbol.asyncDispose]()));
    await this.serverNetwork[Symbol.asyncDispose]();
    await this.clientNetwork[Symbol.asyncDispose]();
    await this.#broker?.[Symbol.asyncDispose]();
    await Deno.remove(this.#record);
    await this.#options.cleanUp?.();
  }

  #arguments({ port }: FlakyNetwork): string[] {
    const { qos = "auto" } = this.#options;
    return ["--broker", `mqtt://127.0.0.1:${port}`, "--name", "count", "--qos", qos];
  }
}

/** Waits `duration` ms. Between two faults there is nothing to wait for but time. */
export function wait(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

/** Resident memory of a process, in MB. */
export function residentMegabytes(pid: number): number {
  return Math.round(memory(pid, "now") / 1e6);
}
