/**
 * The limits of both ends.
 *
 * @module
 */
import { bytes } from "./kinds.ts";
import type { SettingsOf } from "./setting.ts";

/** The limits of both ends. */
export interface MessageOptions {
  /** Longest MCP message, in bytes. @default {67108864} */
  readonly maxMessage: number;
}

/** The settings of {@linkcode MessageOptions}. */
export const MESSAGE_SETTINGS: SettingsOf<MessageOptions> = {
  maxMessage: {
    flag: "--max-message <bytes>",
    environment: "MCP_MQTT_MAX_MESSAGE",
    description: "longest MCP message",
    kind: bytes,
    fallback: "64M",
  },
};
