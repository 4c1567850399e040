/**
 * All the ways in which a broker misbehaves, and none.
 *
 * @module
 */
import type { Mode } from "./broker.ts";
import { OPENING_MODES } from "./opening_modes.ts";
import { TRAFFIC_MODES } from "./traffic_modes.ts";

export const MODES: readonly Mode[] = [{ name: "honest" }, ...OPENING_MODES, ...TRAFFIC_MODES];
