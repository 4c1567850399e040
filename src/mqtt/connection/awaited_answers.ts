/**
 * The answers that the broker owes, by packet identifier.
 *
 * Source: MQTT 5.0, sections 2.2.1 and 4.3.
 *
 * @module
 */
import { PUBCOMP, PUBREC } from "../codec/packet_types.ts";

/** What is to be done when an answer comes, and when it cannot come any more. */
export interface Awaiting {
  /** The type of the packet that answers. */
  readonly type: number;
  readonly answered: (reasonCodes: readonly number[]) => void;
  /** The connection has ended. */
  readonly lost?: () => void;
}

/** What waits for an answer of the broker's. Each has a packet identifier until it is answered. */
export class AwaitedAnswers {
  readonly #awaited = new Map<number, Awaiting & { type: number }>();
  #last = 0;

  /** A packet identifier that is free. */
  nextIdentifier(): number {
    do this.#last = this.#last % 65_535 + 1; while (this.#awaited.has(this.#last));
    return this.#last;
  }

  /** Waits for the answer to what was sent with this packet identifier. */
  add(identifier: number, awaiting: Awaiting): void {
    this.#awaited.set(identifier, awaiting);
  }

  /** Tells whoever waits for this answer. An answer that nobody waits for means nothing. */
  answer(type: number, identifier: number, reasonCodes: readonly number[]): void {
    const awaiting = this.#awaited.get(identifier);
    if (awaiting?.type !== type) return;
    this.#awaited.delete(identifier);
    awaiting.answered(reasonCodes);
  }

  /**
   * A message of QoS 2 has arrived at the broker: PUBREC is there, and PUBCOMP is awaited, which comes after PUBREL.
   *
   * @returns whether there is such a message
   */
  received(identifier: number): boolean {
    const awaiting = this.#awaited.get(identifier);
    if (awaiting?.type !== PUBREC && awaiting?.type !== PUBCOMP) return false;
    awaiting.type = PUBCOMP;
    return true;
  }

  /** The connection has ended: nothing is answered any more. */
  lose(): void {
    const awaited = [...this.#awaited.values()];
    this.#awaited.clear();
    for (const { lost } of awaited) lost?.();
  }
}
