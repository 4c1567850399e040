/** Everything that is fuzzed. @module */
import type { Target } from "../target.ts";
import { CONFIG_FILES, SETTINGS, URLS } from "./config.ts";
import { ENVELOPE, LINES } from "./json_rpc.ts";
import { PACKETS, TOPICS } from "./mqtt.ts";
import { OPEN_CLIENT, OPEN_SERVER } from "./open_convention.ts";
import { KEYS, SEALED } from "./seal.ts";
import { SMCP_CHILD, SMCP_PARENT } from "./smcp.ts";
import { CLIENT, SERVER } from "./wire.ts";

/** Every target. */
export const TARGETS: readonly Target[] = [
  ENVELOPE,
  LINES,
  PACKETS,
  TOPICS,
  URLS,
  CONFIG_FILES,
  SETTINGS,
  SERVER,
  CLIENT,
  OPEN_SERVER,
  OPEN_CLIENT,
  SMCP_CHILD,
  SMCP_PARENT,
  SEALED,
  KEYS,
];
