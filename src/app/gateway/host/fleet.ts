/**
 * The fleet, as the faces need it.
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

/** The servers, their tools, and the ways to call them. */
export interface Fleet {
  readonly directory: FleetDirectory;
  readonly catalogue: Catalogue;
  readonly index: FleetIndex;
  readonly policy: ToolPolicy;
  readonly router: Router;
  readonly host: Host;
  /** The capabilities of a server, if there has been a session with it. */
  readonly capabilities: (server: string) => Json | undefined;
}

/** The label of a server in the descriptions of its tools: its name and its shortened description. */
export function serverLabel({ name, description }: FleetServer, length = 80): string {
  const line = shortened(description.replaceAll(/[\p{C}\s]+/gu, " ").trim(), length);
  return line === "" ? `[${name}]` : `[${name}: ${line}]`;
}
