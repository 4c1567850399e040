/**
 * Each host's file as that host writes it, before and after an entry was put into it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { formatOf } from "../../../src/cli/config/host_file.ts";
import { type Host, hostFile, type Launch } from "../../../src/cli/config/host.ts";
import { HOSTS } from "../../../src/cli/config/hosts.ts";
import { mergeText } from "../../../src/cli/config/merge.ts";

const LAUNCH: Launch = {
  name: "files",
  command: "mcp-mqtt-proxy",
  args: ["connect", "--name", "files"],
  secret: "MQTT_PASSWORD",
};

function hostNamed(name: string): Host {
  const host = HOSTS[name];
  assert.ok(host !== undefined, `There is no host ${name}`);
  return host;
}

/** The one that a host is given that cannot take the password from a variable. */
const { secret: _, ...WITHOUT_SECRET } = LAUNCH;

/** A file after an entry was put into it. */
async function after(name: string, before: string): Promise<string> {
  const host = hostNamed(name);
  const launch = host.variable === undefined && host.passes === undefined ? WITHOUT_SECRET : LAUNCH;
  return mergeText(await formatOf(host), before, hostFile(host, launch));
}

/** For each host: its file before, as the host writes it, and after. */
const FILES: Readonly<Record<string, readonly [before: string, after: string]>> = {
  "claude-desktop": [
    `{
  "globalShortcut": "Alt+Space",
  "mcpServers": {}
}
`,
    `{
  "globalShortcut": "Alt+Space",
  "mcpServers": {
    "files": {
      "command": "mcp-mqtt-proxy",
      "args": [
        "connect",
        "--name",
        "files"
      ]
    }
  }
}
`,
  ],
  "claude-code": [
    `{
  "mcpServers": {
    "other": {
      "type": "http",
      "url": "https://example.com/mcp"
    }
  }
}`,
    `{
  "mcpServers": {
    "other": {
      "type": "http",
      "url": "https://example.com/mcp"
    },
    "files": {
      "type": "stdio",
      "command": "mcp-mqtt-proxy",
      "args": [
        "connect",
        "--name",
        "files"
      ],
      "env": {
        "MQTT_PASSWORD": "\${MQTT_PASSWORD}"
      }
    }
  }
}`,
  ],
  vscode: [
    `{
	"servers": {
		"other": { "command": "x" }, // theirs
	},
	"inputs": [
		{ "type": "promptString", "id": "token", "description": "a token" }
	]
}
`,
    `{
	"servers": {
		"other": { "command": "x" }, // theirs
		"files": {
			"type": "stdio",
			"command": "mcp-mqtt-proxy",
			"args": [
				"connect",
				"--name",
				"files"
			],
			"env": {
				"MQTT_PASSWORD": "\${input:mqtt-password}"
			}
		},
	},
	"inputs": [
		{ "type": "promptString", "id": "token", "description": "a token" },
		{
			"type": "promptString",
			"id": "mqtt-password",
			"description": "MQTT_PASSWORD of mcp-mqtt-proxy",
			"password": true
		}
	]
}
`,
  ],
  zed: [
    `// Zed settings
//
// For information on how to configure Zed, see the Zed
// documentation: https://zed.dev/docs/configuring-zed
{
  "theme": {
    "mode": "system", // or light
  },
  /* no servers yet */
}
`,
    `// Zed settings
//
// For information on how to configure Zed, see the Zed
// documentation: https://zed.dev/docs/configuring-zed
{
  "theme": {
    "mode": "system", // or light
  },
  "context_servers": {
    "files": {
      "source": "custom",
      "command": "mcp-mqtt-proxy",
      "args": [
        "connect",
        "--name",
        "files"
      ]
    }
  },
  /* no servers yet */
}
`,
  ],
  codex: [
    `model = "gpt-5"  # mine

[projects."/home/me/work"]
trust_level = "trusted"

[mcp_servers.other]
command = "npx"
args = ["-y", "x"]
`,
    `model = "gpt-5"  # mine

[projects."/home/me/work"]
trust_level = "trusted"

[mcp_servers.other]
command = "npx"
args = ["-y", "x"]

[mcp_servers.files]
command = "mcp-mqtt-proxy"
args = ["connect", "--name", "files"]
startup_timeout_sec = 20
env_vars = ["MQTT_PASSWORD"]
`,
  ],
  "copilot-cli": [
    `{
  "mcpServers": {
    "github": {
      "type": "local",
      "command": "docker",
      "args": ["run", "-i"],
      "tools": ["*"]
    }
  }
}
`,
    `{
  "mcpServers": {
    "github": {
      "type": "local",
      "command": "docker",
      "args": ["run", "-i"],
      "tools": ["*"]
    },
    "files": {
      "type": "local",
      "command": "mcp-mqtt-proxy",
      "args": [
        "connect",
        "--name",
        "files"
      ],
      "env": {
        "MQTT_PASSWORD": "\${MQTT_PASSWORD}"
      },
      "tools": [
        "*"
      ]
    }
  }
}
`,
  ],
  opencode: [
    `{
  "$schema": "https://opencode.ai/config.json"
}
`,
    `{
  "$schema": "https://opencode.ai/config.json",
  "mcp": {
    "files": {
      "type": "local",
      "command": [
        "mcp-mqtt-proxy",
        "connect",
        "--name",
        "files"
      ],
      "enabled": true,
      "environment": {
        "MQTT_PASSWORD": "{env:MQTT_PASSWORD}"
      }
    }
  }
}
`,
  ],
  goose: [
    `GOOSE_PROVIDER: anthropic
extensions:
  developer:
    bundled: true
    enabled: true
    name: developer
    timeout: 300
    type: builtin
GOOSE_MODE: auto
`,
    `GOOSE_PROVIDER: anthropic
extensions:
  developer:
    bundled: true
    enabled: true
    name: developer
    timeout: 300
    type: builtin
  files:
    enabled: true
    type: "stdio"
    name: "files"
    description: "An MCP server over MQTT"
    cmd: "mcp-mqtt-proxy"
    args: ["connect","--name","files"]
    envs: {}
    env_keys: ["MQTT_PASSWORD"]
    timeout: 300
GOOSE_MODE: auto
`,
  ],
};

/** Hosts whose file is one of `mcpServers` with nothing of its own. */
const PLAIN = [
  "cursor",
  "windsurf",
  "gemini-cli",
  "qwen-code",
  "antigravity",
  "kiro",
  "lm-studio",
  "cline",
  "jetbrains",
  "json",
];

Deno.test("every host has a file here", () => {
  assert.deepEqual([...Object.keys(FILES), ...PLAIN].toSorted(), Object.keys(HOSTS).toSorted());
});

for (const [name, [before, expected]] of Object.entries(FILES)) {
  Deno.test(`the file of ${name} has the entry, and every other byte as it was`, async () => {
    assert.equal(await after(name, before), expected);
  });

  Deno.test(`the file of ${name} does not change when the entry is there`, async () => {
    assert.equal(await after(name, expected), expected);
  });

  Deno.test(`the file of ${name} keeps line ends of Windows and a byte order mark`, async () => {
    const windows = (text: string) => `\uFEFF${text.replaceAll("\n", "\r\n")}`;
    assert.equal(await after(name, windows(before)), windows(expected));
  });
}

for (const name of PLAIN) {
  Deno.test(`the file of ${name} has the entry where that host looks for it`, async () => {
    const { variable } = hostNamed(name);
    const { mcpServers } = JSON.parse(await after(name, '{ "mcpServers": { "other": {} } }'));
    const env = variable === undefined ? {} : { env: { MQTT_PASSWORD: variable("MQTT_PASSWORD") } };
    assert.deepEqual(mcpServers, { other: {}, files: { command: LAUNCH.command, args: LAUNCH.args, ...env } });
  });
}
