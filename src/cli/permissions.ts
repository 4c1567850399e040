/**
 * The permissions of Deno that each command needs. All others are given back.
 *
 * A process usually has more permissions than its command needs. It was started with `-A`, or it is the executable,
 * which has the permissions for every command. No code of the process can use a permission that was given back, not
 * even a library that was tampered with.
 *
 * @module
 */
import { placeholderNeeds } from "../config/mod.ts";

/** Every kind of permission that Deno knows. */
export const PERMISSION_KINDS = ["env", "ffi", "import", "net", "read", "run", "sys", "write"] as const;

/** A kind of permission. */
export type PermissionKind = (typeof PERMISSION_KINDS)[number];

/** The permissions of one command. */
export interface Needs {
  /** The permission set in `deno.json` for the command: `deno run -P=NAME`. */
  readonly set?: "serve" | "connect" | "tools" | "call";
  /** Needed until the command ends. */
  readonly running: readonly PermissionKind[];
  /** Also needed until the command has read the files that its settings name, such as certificates. */
  readonly starting: readonly PermissionKind[];
  /** Also needed until the command ends, when a command line follows `--`. */
  readonly withOperands?: readonly PermissionKind[];
  /** Whether placeholders in operands are replaced when the command starts. */
  readonly namesInOperands?: boolean;
}

/** The permissions of a command that only connects to a broker. `env` is for Node's TLS, which reads variables. */
const BROKER: Needs = { set: "connect", running: ["env", "net"], starting: ["read"] };

/**
 * The permissions to start programs. On Windows, `.cmd` launchers are searched in the directories of PATH, which takes
 * `read`.
 */
const PROGRAMS: readonly PermissionKind[] = Deno.build.os === "windows" ? ["read", "run"] : ["run"];

/** The permissions of `config`, whose operands are options of the gateway: also a `--key-command`. */
const CONFIG: Needs = {
  running: ["env", "net", "read", "write"],
  starting: [],
  withOperands: PROGRAMS,
  namesInOperands: true,
};

/** The permissions of each command. */
export const NEEDS: Readonly<Record<string, Needs>> = {
  serve: { set: "serve", running: ["env", "net", ...PROGRAMS], starting: ["read"] },
  connect: { ...BROKER, withOperands: PROGRAMS },
  gateway: BROKER,
  tools: { ...BROKER, set: "tools" },
  launch: { set: "serve", running: ["env", ...PROGRAMS], starting: ["read"] },
  list: BROKER,
  call: { set: "call", running: [...BROKER.running, "write"], starting: ["read"], namesInOperands: true }, // images become files
  check: BROKER,
  config: CONFIG,
  key: { running: ["read", "write"], starting: [] },
  completions: { running: [], starting: [] },
  licenses: { running: [], starting: [] },
};

/** Gives permissions back, step by step. */
export interface PermissionDrop {
  /** Gives back what the command never needs. To be called when its arguments are parsed. */
  parsed(): void;
  /**
   * Gives back what the command needed only to start, except `kept`. To be called when all files that its settings name
   * are read.
   */
  started(kept?: readonly PermissionKind[]): void;
}

/** The permissions that some settings need in addition. */
function neededFor(
  { passwordCommand, keyCommand, broker, config }: Readonly<Record<string, unknown>>,
): Pick<Needs, "running" | "starting"> {
  const running = [
    ...(passwordCommand === undefined ? [] : PROGRAMS),
    ...(typeof broker === "string" && broker.includes("unix://") ? ["read", "write"] as const : []),
  ];
  const starting = [
    ...(keyCommand === undefined ? [] : PROGRAMS),
    ...(config === undefined ? [] : ["import"] as const), // a file with comments takes a parser for them
  ];
  return { running, starting };
}

/** How `command` gives permissions back with `revoke`. A command that is not in {@linkcode NEEDS} keeps all. */
export function dropPermissions(
  command: string,
  operands: readonly string[],
  revoke: (kind: PermissionKind) => void,
  values: Readonly<Record<string, unknown>> = {},
): PermissionDrop {
  const needs = NEEDS[command];
  if (needs === undefined) return { parsed: () => {}, started: () => {} };
  const further = neededFor(values);
  const running = [
    ...needs.running,
    ...(operands.length === 0 ? [] : needs.withOperands ?? []),
    ...further.running,
  ];
  const hasHostname = needs.namesInOperands === true && operands.some((operand) => placeholderNeeds(operand).hostname);
  const starting = [...needs.starting, ...further.starting, ...(hasHostname ? ["sys"] as const : [])];
  const revokeAllBut = (kept: readonly PermissionKind[]) => {
    for (const kind of PERMISSION_KINDS) {
      if (!kept.includes(kind)) revoke(kind);
    }
  };
  return {
    parsed: () => revokeAllBut([...running, ...starting]),
    started: (kept = []) => revokeAllBut([...running, ...kept]),
  };
}
