/**
 * The answers that the broker owes us, by packet identifier.
 *
 * Source: MQTT 5.0, sections 2.2.1 and 4.3.
 *
 * @module
 */
import { PUBCOMP, PUBREC } from "../codec/packet_types.ts";

/** Handlers for an answer, and for the loss of the connection before it arrives. */
export interface AnswerHandlers {
  /** The type of the packet that answers. */
  readonly type: number;
  readonly answered: (reasonCodes: readonly number[]) => void;
  /** The connection has ended. */
  readonly lost?: () => void;
}

/** The packets that wait for an answer of the broker. Each keeps its packet identifier until it is answered. */
export class AwaitedAnswers {
  readonly #awaited = new Map<number, AnswerHandlers & { type: number }>();
  #last = 0;

  /** A free packet identifier. */
  nextIdentifier(): number {
    do this.#last = this.#last % 65_535 + 1; while (this.#awaited.has(this.#last));
    return this.#last;
  }

  /** Waits for the answer to the packet with this identifier. */
  add(identifier: number, awaiting: AnswerHandlers): void {
    this.#awaited.set(identifier, awaiting);
  }

  /** Calls the handler for this answer. An answer without a handler is ignored. */
  answer(type: number, identifier: number, reasonCodes: readonly number[]): void {
    const awaiting = this.#awaited.get(identifier);
    if (awaiting?.type !== type) return;
    this.#awaited.delete(identifier);
    awaiting.answered(reasonCodes);
  }

  /**
   * The broker has sent PUBREC for a message of QoS 2. Next, PUBREL is sent, and PUBCOMP is awaited.
   *
   * @returns whether there is such a message
   */
  received(identifier: number): boolean {
    const awaiting = this.#awaited.get(identifier);
    if (awaiting?.type !== PUBREC && awaiting?.type !== PUBCOMP) return false;
    awaiting.type = PUBCOMP;
    return true;
  }

  /** The connection has ended: no answer will arrive any more. */
  lose(): void {
    const awaited = [...this.#awaited.values()];
    this.#awaited.clear();
    for (const { lost } of awaited) lost?.();
  }
}
