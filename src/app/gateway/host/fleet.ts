/**
 * The fleet, as the faces that a host sees need it.
 *
 * @module
 */
import { shortened } from "../../../core/text.ts";
import type { Catalogue } from "../lists/catalogue.ts";
import type { FleetDirectory, FleetServer } from "../servers/directory.ts";
import type { Host } from "./host.ts";
import type { Json } from "../json.ts";
import type { Router } from "./router.ts";
import type { ToolPolicy } from "./tool_policy.ts";
import type { FleetIndex } from "../lists/fleet_index.ts";

/** What there is, and the ways to it. */
export interface Fleet {
  readonly directory: FleetDirectory;
  readonly catalogue: Catalogue;
  readonly index: FleetIndex;
  readonly policy: ToolPolicy;
  readonly router: Router;
  readonly host: Host;
  /** What a server can do, if there has been a session with it. */
  readonly capabilities: (server: string) => Json | undefined;
}

/** What a server is called in front of the descriptions of its tools: its name, and what it says of itself, shortly. */
export function serverLabel({ name, description }: FleetServer, length = 80): string {
  const line = shortened(description.replaceAll(/[\p{C}\s]+/gu, " ").trim(), length);
  return line === "" ? `[${name}]` : `[${name}: ${line}]`;
}
