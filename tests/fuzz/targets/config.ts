/** Targets: settings, URLs and files that users write. @module */
import assert from "node:assert/strict";
import { allDeclarations } from "../../../src/cli/commands.ts";
import { BROKER_SETTINGS, brokerConfig, resolve } from "../../../src/config/mod.ts";
import { parseHostJson } from "../../../src/cli/serve/servers.ts";
import { parseServerEntries } from "../../../src/config/server_entries.ts";
import { UsageError } from "../../../src/core/usage_error.ts";
import { mutate } from "../mutate.ts";
import type { Target } from "../target.ts";

const COMMANDS = await allDeclarations();

const decoder = new TextDecoder();

/** A password that no message may repeat. */
const PASSWORD = "kL9zQ4";

/** Broker URLs are understood or refused with a UsageError, and no message repeats the password in them. */
export const URLS: Target = {
  name: "urls",
  begin: (seeds) => ({
    next: (random) => {
      const broker = decoder.decode(mutate(random, seeds));
      try {
        const config = brokerConfig(resolve(BROKER_SETTINGS, { flags: { broker }, environment: () => undefined }));
        const { username, password } = new URL(config.broker.url);
        assert.equal(username + password, "");
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        assert.ok(!error.message.includes(`:${PASSWORD}@`), error.message);
      }
    },
  }),
};

/** `--config` files are understood or refused with a UsageError. */
export const CONFIG_FILES: Target = {
  name: "config_files",
  begin: (seeds) => ({
    next: async (random) => {
      try {
        const { entries } = await parseServerEntries(decoder.decode(mutate(random, seeds)), "mcp.json", parseHostJson);
        for (const { name, command, args } of entries) {
          assert.ok(name !== "" && command !== "" && Array.isArray(args));
        }
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
    },
  }),
};

/** Any text in the variable of any setting of any command is understood or refused with a UsageError. */
export const SETTINGS: Target = {
  name: "settings",
  begin: (seeds) => ({
    next: (random) => {
      const { settings } = random.pick(COMMANDS);
      const named = Object.entries(settings);
      if (named.length === 0) return;
      const [name, setting] = random.pick(named);
      const text = decoder.decode(mutate(random, seeds));
      try {
        resolve({ [name]: setting }, { flags: {}, environment: () => text });
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
    },
  }),
};
