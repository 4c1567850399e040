/**
 * MCP hosts: where each keeps its list of servers, and the form of an entry.
 *
 * Sources: the hosts' own documentation of MCP servers, as of 2026.
 *
 * @module
 */
import { type Host, type Launch, type Places, standardEntry } from "./host.ts";

/** A host that is not in this table. */
export const OTHER_HOST: Host = { title: "an MCP host", files: {}, member: "mcpServers" };

/** The entry for hosts that need the type of the transport in it. */
const STDIO = (launch: Launch) => ({ type: "stdio", ...standardEntry(launch) });

/** The hosts by the names that `--for` takes. To add one, add it here, and to the table in the documentation. */
export const HOSTS: Readonly<Record<string, Host>> = {
  "claude-desktop": {
    title: "Claude Desktop",
    member: "mcpServers",
    files: { user: (places) => `${applicationData(places)}/Claude/claude_desktop_config.json` },
    approval: "restart Claude Desktop",
  },
  "claude-code": {
    title: "Claude Code",
    member: "mcpServers",
    entry: STDIO,
    files: {
      project: ({ currentDirectory }) => `${currentDirectory}/.mcp.json`,
      user: ({ home }) => `${home}/.claude.json`,
    },
    variable: (name) => `\${${name}}`,
    approval: { project: "start claude in this directory, and allow the server when it asks", user: "restart claude" },
  },
  vscode: {
    title: "VS Code",
    member: "servers",
    entry: STDIO,
    files: {
      project: ({ currentDirectory }) => `${currentDirectory}/.vscode/mcp.json`,
      user: (places) => `${applicationData(places)}/Code/User/mcp.json`,
    },
    variable: (name) => `\${input:${inputId(name)}}`,
    question: (name) => ({
      member: "inputs",
      item: { type: "promptString", id: inputId(name), description: `${name} of mcp-mqtt-proxy`, password: true },
    }),
    approval: "click Start above the entry in the file, or run the command MCP: List Servers",
  },
  cursor: {
    title: "Cursor",
    member: "mcpServers",
    files: {
      user: ({ home }) => `${home}/.cursor/mcp.json`,
      project: ({ currentDirectory }) => `${currentDirectory}/.cursor/mcp.json`,
    },
    variable: (name) => `\${env:${name}}`,
    approval: "turn it on in Cursor Settings, MCP",
  },
  windsurf: {
    title: "Windsurf",
    member: "mcpServers",
    files: { user: ({ home }) => `${home}/.codeium/windsurf/mcp_config.json` },
    variable: (name) => `\${env:${name}}`,
    approval: "press Refresh in Cascade, MCP servers",
  },
  "gemini-cli": {
    title: "Gemini CLI",
    member: "mcpServers",
    files: {
      user: ({ home }) => `${home}/.gemini/settings.json`,
      project: ({ currentDirectory }) => `${currentDirectory}/.gemini/settings.json`,
    },
    variable: (name) => `\${${name}}`,
    approval: { user: "restart gemini", project: "start gemini in this directory, and trust the folder when it asks" },
  },
  "qwen-code": {
    title: "Qwen Code",
    member: "mcpServers",
    files: {
      user: ({ home }) => `${home}/.qwen/settings.json`,
      project: ({ currentDirectory }) => `${currentDirectory}/.qwen/settings.json`,
    },
    variable: (name) => `\${${name}}`,
    approval: "restart qwen",
  },
  zed: {
    title: "Zed",
    member: "context_servers",
    entry: (launch) => ({ source: "custom", ...standardEntry(launch) }),
    files: {
      user: (places) =>
        places.os === "windows" ? `${places.config}/Zed/settings.json` : `${dotConfig(places)}/zed/settings.json`,
      project: ({ currentDirectory }) => `${currentDirectory}/.zed/settings.json`,
    },
    approval: { project: "open the directory in Zed, and trust it" },
  },
  codex: {
    title: "Codex",
    format: "toml",
    member: "mcp_servers",
    // `connect` waits up to 10 s for a server before it answers initialize. The default timeout of Codex is also 10 s,
    // so a longer one is set.
    entry: ({ command, args, secret }) => ({
      ...{ command, args, startup_timeout_sec: 20 },
      ...(secret === undefined ? {} : { env_vars: [secret] }),
    }),
    files: {
      user: ({ home }) => `${home}/.codex/config.toml`,
      project: ({ currentDirectory }) => `${currentDirectory}/.codex/config.toml`,
    },
    passes: "env_vars",
    approval: { user: "restart codex", project: "start codex in this directory, and trust it when it asks" },
  },
  "copilot-cli": {
    title: "Copilot CLI",
    member: "mcpServers",
    entry: (launch) => ({ type: "local", ...standardEntry(launch), tools: ["*"] }),
    files: {
      user: ({ home }) => `${home}/.copilot/mcp-config.json`,
      project: ({ currentDirectory }) => `${currentDirectory}/.github/mcp.json`,
    },
    variable: (name) => `\${${name}}`,
    approval: { user: "restart copilot", project: "start copilot in this directory, and trust it when it asks" },
  },
  antigravity: {
    title: "Antigravity",
    member: "mcpServers",
    files: { user: ({ home }) => `${home}/.gemini/antigravity/mcp_config.json` },
    approval: "press Refresh in Manage MCP Servers",
  },
  kiro: {
    title: "Kiro",
    member: "mcpServers",
    files: {
      user: ({ home }) => `${home}/.kiro/settings/mcp.json`,
      project: ({ currentDirectory }) => `${currentDirectory}/.kiro/settings/mcp.json`,
    },
    variable: (name) => `\${${name}}`,
    approval: "allow the variable, if Kiro asks whether it may be passed on",
  },
  opencode: {
    title: "opencode",
    member: "mcp",
    entry: ({ command, args, secret }) => ({
      ...{ type: "local", command: [command, ...args], enabled: true },
      ...(secret === undefined ? {} : { environment: { [secret]: `{env:${secret}}` } }),
    }),
    files: {
      user: (places) => `${dotConfig(places)}/opencode/opencode.json`,
      project: ({ currentDirectory }) => `${currentDirectory}/opencode.json`,
    },
    variable: (name) => `{env:${name}}`,
    approval: "restart opencode",
  },
  "lm-studio": {
    title: "LM Studio",
    member: "mcpServers",
    files: { user: ({ home }) => `${home}/.lmstudio/mcp.json` },
    approval: "turn it on in the Program tab",
  },
  cline: {
    title: "Cline",
    member: "mcpServers",
    files: {
      user: (places) =>
        `${applicationData(places)}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json`,
    },
  },
  goose: {
    title: "goose",
    format: "yaml",
    member: "extensions",
    entry: ({ name, command, args, secret }) => ({
      ...{ enabled: true, type: "stdio", name, description: "An MCP server over MQTT", cmd: command, args, envs: {} },
      ...{ env_keys: secret === undefined ? [] : [secret], timeout: 300 },
    }),
    files: {
      user: (places) =>
        places.os === "windows"
          ? `${places.config}/Block/goose/config/config.yaml`
          : `${dotConfig(places)}/goose/config.yaml`,
    },
    passes: "env_keys",
    approval: "start the next session of goose",
  },
  jetbrains: {
    title: "JetBrains IDEs",
    member: "mcpServers",
    files: {},
    approval: "paste it in Settings, Tools, AI Assistant, Model Context Protocol (MCP)",
  },
  json: OTHER_HOST,
};

/** The directory for the data of applications. */
function applicationData({ os, home, config }: Places): string {
  return os === "darwin" ? `${home}/Library/Application Support` : config;
}

/** The directory for programs that use `~/.config` on every system. Only on Linux the user may have moved it. */
function dotConfig({ os, home, config }: Places): string {
  return os === "linux" ? config : `${home}/.config`;
}

function inputId(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}
