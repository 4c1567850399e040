/**
 * What arrives in format 1, put in order and together.
 *
 * @module
 */
import type { Arrival, Incoming, Outcome } from "../format.ts";
import type { Frame, Subject } from "../frame.ts";
import { behind, type Position } from "../position.ts";
import { Assembler } from "./parts.ts";

/** Puts parts in order and together, up to a limit. */
export class IncomingParts implements Incoming {
  readonly #assembler: Assembler;
  #received = 0;

  /**
   * @param maximum largest message, in bytes
   * @param tooLarge told of each message that was larger, when all of it has gone by
   */
  constructor(maximum: number, tooLarge: (bytes: number, subject: Subject | undefined) => void) {
    this.#assembler = new Assembler(maximum, tooLarge);
  }

  get received(): Position {
    return behind(this.#received);
  }

  take(frame: Frame, sequence: number, arrived: (arrival: Arrival) => void): Outcome {
    if (sequence <= this.#received) return "known";
    if (sequence > this.#received + 1) return "gap";
    this.#received = sequence;
    const assembled = this.#assembler.add(frame);
    const { message, correlation } = assembled ?? { message: undefined, correlation: undefined };
    arrived({ number: sequence, message, correlation, cost: frame.payload.length });
    return "taken";
  }
}
