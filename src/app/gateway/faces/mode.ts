/**
 * Which face the host gets to see: the tools of all servers, or the ones that find and call them.
 *
 * @module
 */
import type { Fleet } from "../host/fleet.ts";
import type { Json } from "../json.ts";
import type { FaceOptions } from "../settings.ts";
import { toolTokens } from "./tool_tokens.ts";

/** One of the faces. */
export type FaceName = "tools" | "search";

/** With more servers than this to ask for their tools, none is asked: nobody could choose from all of them anyway. */
const MOST_ASKED = 32;

/** Once the list was too long, it has to be so much shorter than the limit before it is shown again. */
const BACK_BELOW = 0.8;

/** What was decided, and why. */
export interface Decision {
  readonly face: FaceName;
  /** The end of a sentence that begins with the face. */
  readonly why: string;
}

/** Chooses, and chooses again when the fleet has changed. */
export class FaceChoice {
  readonly #options: FaceOptions;
  readonly #decided: (decision: Decision) => void;
  #last: Decision | undefined;

  /** @param decided told each time that another face is chosen */
  constructor(options: FaceOptions, decided: (decision: Decision) => void) {
    this.#options = options;
    this.#decided = decided;
  }

  /** What was decided last. */
  get last(): Decision | undefined {
    return this.#last;
  }

  /**
   * Chooses the face, and returns what the first of them would show if it had to be looked at.
   *
   * @param tools asks the servers for their tools, as far as there are few of them, and returns what is known then
   */
  async choose(
    { catalogue }: Fleet,
    tools: () => Promise<readonly Json[]>,
  ): Promise<readonly [FaceName, readonly Json[]]> {
    const { mode } = this.#options;
    if (mode === "search") return [this.#decide({ face: mode, why: "--mode search" }), []];
    if (mode === "tools") return [this.#decide({ face: mode, why: "--mode tools" }), await tools()];
    const { unknown } = catalogue;
    if (unknown > MOST_ASKED) {
      return [this.#decide({ face: "search", why: `${unknown} servers would have to be asked for their tools` }), []];
    }
    const all = await tools();
    return [this.#decide(this.#bySize(all)), all];
  }

  /** Whether another face would be chosen now. */
  isOver({ catalogue }: Fleet, known: () => readonly Json[]): boolean {
    if (this.#options.mode !== "auto" || this.#last === undefined) return false;
    const next = catalogue.unknown > MOST_ASKED ? "search" : this.#bySize(known()).face;
    return next !== this.#last.face;
  }

  #bySize(tools: readonly Json[]): Decision {
    const { toolTokens: limit } = this.#options;
    const size = tools.reduce((sum, tool) => sum + toolTokens(tool as { name: string }), 0);
    const most = this.#last?.face === "search" ? limit * BACK_BELOW : limit;
    const why = `the list of tools has about ${size} tokens, and may have ${limit} (--tool-tokens)`;
    return { face: size > most ? "search" : "tools", why };
  }

  #decide(decision: Decision): FaceName {
    const isNew = this.#last?.face !== decision.face;
    this.#last = decision;
    if (isNew) this.#decided(decision);
    return decision.face;
  }
}
