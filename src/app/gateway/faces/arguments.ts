/**
 * The arguments of the tools by which a fleet is searched, as a model has given them.
 *
 * @module
 */
import { ProtocolError } from "@modelcontextprotocol/server";
import type { FleetServer } from "../servers/directory.ts";
import { type Json, membersOf } from "../json.ts";
import { serverFilter, serverFilterProblem } from "../servers/server_filter.ts";

/** Reads arguments, and says of a wrong one what is wrong with it. */
export class Arguments {
  readonly #values: Json;

  constructor(values: unknown) {
    this.#values = membersOf(values);
  }

  /** A text that has to be there. */
  text(name: string): string {
    const text = this.optionalText(name);
    if (text === undefined || text === "") throw invalid(`${name} is missing`);
    return text;
  }

  optionalText(name: string): string | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") throw invalid(`${name} must be text`);
    return value;
  }

  /** A number from `minimum` to `maximum`. */
  number(name: string, fallback: number, minimum: number, maximum: number): number {
    const value = this.#values[name];
    if (value === undefined || value === null) return fallback;
    if (typeof value !== "number" || Number.isNaN(value)) throw invalid(`${name} must be a number`);
    return Math.min(maximum, Math.max(minimum, value));
  }

  /** An object. Some models give its JSON as text. */
  object(name: string): Json {
    const value = this.#values[name];
    if (typeof value !== "string") return membersOf(value);
    try {
      return membersOf(JSON.parse(value));
    } catch {
      throw invalid(`${name} must be an object`);
    }
  }

  /** Which servers are meant, by `names` and `meta`. */
  get servers(): (server: FleetServer) => boolean {
    const names = this.optionalText("names") ?? "#";
    const problem = serverFilterProblem(names);
    if (problem !== undefined) throw invalid(`names ${problem}`);
    const matches = serverFilter([names]);
    const meta = Object.entries(this.object("meta"));
    const has = (server: FleetServer) =>
      meta.every(([key, value]) => JSON.stringify(server.meta[key]) === JSON.stringify(value));
    return (server) => matches(server.name) && has(server);
  }
}

function invalid(text: string): ProtocolError {
  return new ProtocolError(-32602, text);
}
