/**
 * Giving credentials to a child process.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { redactor } from "../core/redaction.ts";
import type { Credentials } from "../core/secret.ts";
import { type ByteSink, type ByteSource, resumed } from "../stdio/mod.ts";
import { ParentHandshake } from "./parent_handshake.ts";
import { credentialsLine, OK_TIMEOUT, READY, READY_TIMEOUT } from "./protocol.ts";

/** To whom, and how patiently. */
export interface DeliveryOptions {
  /** The child's stdout. */
  readonly input: ByteSource;
  /** The child's stdin. */
  readonly output: ByteSink;
  readonly credentials: Credentials;
  /** Told of the first line of the child that is no part of the handshake. */
  readonly skipped?: (bytes: number) => void;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/**
 * Gives a child its credentials. Resolves with its stdout from where MCP begins.
 *
 * @throws {Failure} `child-not-started` when the child does not take part, or refuses what it is given
 */
export async function deliverCredentials(options: DeliveryOptions): Promise<ByteSource> {
  const { input, output, credentials, skipped, clock = systemClock } = options;
  const handshake = new ParentHandshake();
  const deadline = new Deadline(clock);
  let skippedBefore = false;
  deadline.set(READY_TIMEOUT);
  try {
    while (true) {
      const chunk = await deadline.limit(input.read().catch(() => undefined));
      if (chunk === undefined) throw failed(`ended before it said ${handshake.expected}`, handshake);
      for (const step of handshake.push(chunk)) {
        switch (step.type) {
          case "send":
            deadline.set(OK_TIMEOUT);
            await deadline.limit(send(credentials, output));
            break;
          case "skip":
            if (!skippedBefore) skipped?.(step.bytes);
            skippedBefore = true;
            break;
          case "refused":
            // The child may repeat what it was given.
            throw failed(redactor(credentials)(step.problem), handshake);
          case "accepted":
            return resumed(handshake.rest(), input);
        }
      }
    }
  } catch (error) {
    if (!(error instanceof Expired)) throw error;
    throw failed(`did not say ${handshake.expected} within ${error.limit / 1000} s`, handshake);
  } finally {
    deadline.clear();
  }
}

async function send(credentials: Credentials, output: ByteSink): Promise<void> {
  const line = credentialsLine(credentials);
  await output.write(line).catch(() => {}); // a child that is gone shows it on its stdout
  line.fill(0);
}

function failed(what: string, { expected }: ParentHandshake): Failure {
  const hint = expected === READY ? "is it an SMCP server?" : "check its credentials";
  return new Failure("child-not-started", `The SMCP handshake failed: the server process ${what}; ${hint}`);
}

/** The time is over. */
class Expired extends Error {
  constructor(readonly limit: number) {
    super();
  }
}

/** A time limit that can be set anew. */
class Deadline {
  readonly #clock: Clock;
  readonly #expired: PromiseWithResolvers<never> = Promise.withResolvers();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#expired.promise.catch(() => {}); // nobody may be waiting
  }

  set(limit: number): void {
    this.clear();
    this.#cancel = this.#clock.after(limit, () => this.#expired.reject(new Expired(limit)));
  }

  clear(): void {
    this.#cancel?.();
  }

  /** Waits for `work` while there is time. */
  limit<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#expired.promise]);
  }
}
