/**
 * Listening for a limited time, as several tools do.
 *
 * @module
 */
import type { Clock } from "../core/clock.ts";
import { orLate } from "../core/waiting.ts";
import { type MqttLink, unavailableReason } from "../mqtt/mod.ts";
import type { ToolContext } from "./context.ts";
import type { Call } from "./tool.ts";

/** How often progress is reported to a host that has asked for it, in ms. */
const REPORT_INTERVAL = 500;

/** How a call listens. */
export interface Listening {
  /** The longest time to listen, in s. */
  readonly timeout: number;
  /** Resolves when there is no reason to listen any longer. */
  readonly enough: Promise<void>;
  /** What has been heard so far, in a few words. */
  readonly heard: () => string;
}

/** What is known after listening. */
export interface ListenResult {
  /** Whether the connection was away in between, so that messages may be missing. */
  readonly interrupted: boolean;
}

/**
 * Listens until there is enough, or the time is over.
 *
 * @throws {Failure} when the connection is away at the end, so that nobody knows what was missed
 */
export async function listen(listening: Listening, { link, clock }: ToolContext, call: Call): Promise<ListenResult> {
  using watch = new Watch(link);
  using _reports = report(listening, call, clock);
  await orLate(listening.enough, listening.timeout * 1000, () => {}, { signal: call.signal, clock });
  if (link.state.status !== "online") throw unavailableReason(link.state, listening.timeout * 1000);
  return { interrupted: watch.interrupted };
}

/** Notices whether the connection is lost. */
class Watch implements Disposable {
  interrupted = false;
  readonly #over = new AbortController();

  constructor(link: MqttLink) {
    link.watch(({ status }) => {
      if (status !== "online") this.interrupted = true;
    }, this.#over.signal);
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}

/** Reports to a host that has asked for progress: the time that has passed, and what has been heard. */
function report({ timeout, heard }: Listening, { report }: Call, clock: Clock): Disposable {
  if (report === undefined) return { [Symbol.dispose]: () => {} };
  const since = clock.now();
  let cancel: () => void;
  const tick = () => {
    cancel = clock.after(REPORT_INTERVAL, tick);
    report(Math.min((clock.now() - since) / 1000, timeout), timeout, heard());
  };
  cancel = clock.after(REPORT_INTERVAL, tick);
  return { [Symbol.dispose]: () => cancel() };
}
