/**
 * Which of Deno's permissions a command needs, and giving back the others.
 *
 * A process is usually started with more than its command needs: with `-A`, or as the executable, whose permissions
 * have to do for every command. What has been given back is out of reach for all code of the process, also for a
 * library that was tampered with.
 *
 * @module
 */
import { placeholderNeeds } from "../config/mod.ts";

/** Every kind of permission that Deno knows. */
export const PERMISSION_KINDS = ["env", "ffi", "import", "net", "read", "run", "sys", "write"] as const;

/** A kind of permission. */
export type PermissionKind = (typeof PERMISSION_KINDS)[number];

/** What a command needs. */
export interface Needs {
  /** The set in `deno.json` to run it under: `deno run -P=NAME`. */
  readonly set?: "serve" | "connect" | "tools" | "call";
  /** Until it ends. */
  readonly running: readonly PermissionKind[];
  /** Besides, until it has read what its settings name, such as certificates. */
  readonly starting: readonly PermissionKind[];
  /** Besides, until it ends, when a command line comes behind `--`. */
  readonly withOperands?: readonly PermissionKind[];
  /** Whether placeholders in what comes behind the options are filled in when the command starts. */
  readonly namesInOperands?: boolean;
}

/** What a command needs that only talks to a broker. `env`, since Node's TLS looks there. */
const BROKER: Needs = { set: "connect", running: ["env", "net"], starting: ["read"] };

/** What starting programs takes; on Windows also a look into the directories of PATH, for `.cmd` launchers. */
const PROGRAMS: readonly PermissionKind[] = Deno.build.os === "windows" ? ["read", "run"] : ["run"];

/** What each command needs. */
export const NEEDS: Readonly<Record<string, Needs>> = {
  serve: { set: "serve", running: ["env", "net", ...PROGRAMS], starting: ["read"] },
  connect: { ...BROKER, withOperands: PROGRAMS },
  gateway: BROKER,
  tools: { ...BROKER, set: "tools" },
  launch: { set: "serve", running: ["env", ...PROGRAMS], starting: ["read"] },
  list: BROKER,
  call: { set: "call", running: [...BROKER.running, "write"], starting: ["read"], namesInOperands: true }, // images become files
  check: BROKER,
  config: { running: ["env", "net", "read", "write"], starting: [] },
  key: { running: ["read", "write"], starting: [] },
  completions: { running: [], starting: [] },
  licenses: { running: [], starting: [] },
};

/** Gives permissions back, step by step. */
export interface PermissionDrop {
  /** Gives back what the command never needs: its arguments are read. */
  parsed(): void;
  /** Gives back what it needed only to start, but `kept`: everything that its settings name is read. */
  started(kept?: readonly PermissionKind[]): void;
}

/** What some settings take besides: until the command ends, or has started. */
function neededFor(
  { passwordCommand, keyCommand, broker }: Readonly<Record<string, unknown>>,
): Pick<Needs, "running" | "starting"> {
  const running = [
    ...(passwordCommand === undefined ? [] : PROGRAMS),
    ...(typeof broker === "string" && broker.includes("unix://") ? ["read", "write"] as const : []),
  ];
  return { running, starting: keyCommand === undefined ? [] : PROGRAMS };
}

/** How `command` gives permissions back by `revoke`. A command that {@linkcode NEEDS} does not know keeps all. */
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
