/**
 * Giving credentials to a child process.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";
import { orLate } from "../core/waiting.ts";
import { Failure } from "../core/failure.ts";
import { redactor } from "../core/redaction.ts";
import type { Credentials } from "../core/secret.ts";
import { type ByteSink, type ByteSource, resumed } from "../stdio/mod.ts";
import { ParentHandshake } from "./parent_handshake.ts";
import { credentialsLine, OK_TIMEOUT, READY, READY_TIMEOUT } from "./protocol.ts";

/** The options of {@linkcode deliverCredentials}. */
export interface DeliveryOptions {
  /** The child's stdout. */
  readonly input: ByteSource;
  /** The child's stdin. */
  readonly output: ByteSink;
  readonly credentials: Credentials;
  /** Called for the first line of the child that is not part of the handshake. */
  readonly skipped?: (bytes: number) => void;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/**
 * Gives a child its credentials. Resolves with the part of its stdout that begins with MCP.
 *
 * @throws {Failure} `child-not-started` when the child does not take part, or refuses the credentials
 */
export async function deliverCredentials(options: DeliveryOptions): Promise<ByteSource> {
  const { input, output, credentials, skipped, clock = systemClock } = options;
  const handshake = new ParentHandshake();
  let limit = READY_TIMEOUT;
  let deadline = clock.now() + limit;
  const inTime = <T>(work: Promise<T>) => {
    const late = () => {
      throw failed(`did not say ${handshake.expected} within ${limit / 1000} s`, handshake);
    };
    return orLate(work, Math.max(0, deadline - clock.now()), late, { clock });
  };
  let skippedBefore = false;
  while (true) {
    const chunk = await inTime(input.read().catch(() => undefined));
    if (chunk === undefined) throw failed(`ended before it said ${handshake.expected}`, handshake);
    for (const step of handshake.push(chunk)) {
      switch (step.type) {
        case "send":
          limit = OK_TIMEOUT;
          deadline = clock.now() + limit;
          await inTime(send(credentials, output));
          break;
        case "skip":
          if (!skippedBefore) skipped?.(step.bytes);
          skippedBefore = true;
          break;
        case "refused":
          // The child may repeat the credentials in its error.
          throw failed(redactor(credentials)(step.problem), handshake);
        case "accepted":
          return resumed(handshake.rest(), input);
      }
    }
  }
}

async function send(credentials: Credentials, output: ByteSink): Promise<void> {
  const line = credentialsLine(credentials);
  await output.write(line).catch(() => {}); // when the child is gone, its stdout ends too
  line.fill(0);
}

function failed(what: string, { expected }: ParentHandshake): Failure {
  const hint = expected === READY ? "is it an SMCP server?" : "check its credentials";
  return new Failure("child-not-started", `The SMCP handshake failed: the server process ${what}; ${hint}`);
}
