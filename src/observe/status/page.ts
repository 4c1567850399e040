/**
 * The status as an HTML page. All of its HTML is made here, so that text of strangers is never anything but text.
 *
 * @module
 */
import { onOneLine, shortened } from "../../core/text.ts";
import type { ConnectionStatus, LoggedEvent, ServerStatus, SessionStatus, Status } from "./overview.ts";

/** How many rows of a table are shown; `/status.json` has all of them. */
const MOST_ROWS = 200;

/** The whole page. */
export function page(status: Status): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text(heading(status))}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/status.css">
<script src="/status.js" defer></script>
<noscript><meta http-equiv="refresh" content="5"></noscript>
</head>
<body>
<main id="status">
${content(status)}
</main>
<footer><span id="live"></span> <a href="/status.json">JSON</a> <a href="/metrics">metrics</a> <a href="/readyz">readyz</a></footer>
</body>
</html>
`;
}

/** The part of the page that changes. */
export function content(status: Status): string {
  const { version, ready, broker, uptime, conditions, servers, sessions, events, connections } = status;
  const failing = conditions.filter(({ met }) => !met);
  return `<header class="${ready ? "good" : "bad"}">
<h1>${text(heading(status))}</h1>
<p>version ${text(version)} · ${text(broker)} · up ${duration(uptime)}</p>
${failing.map(({ name, detail }) => `<p class="bad">✗ ${text(name)}: ${text(detail)}</p>`).join("\n")}
</header>
${
    table(
      "Servers",
      SERVER_COLUMNS,
      worstFirst(servers, ({ online, process }) => online && process?.met !== false),
      status,
    )
  }
${table("Sessions", SESSION_COLUMNS, sessions, status)}
${table("Connections to the broker", CONNECTION_COLUMNS, worstFirst(connections, isConnected), status)}
${table("Last events, failures first", EVENT_COLUMNS, worstFirst(events, ({ failure }) => !failure), status)}`;
}

/** Text that does not break in a narrow column: its hyphens and spaces are the non-breaking ones. */
function unbroken(text: string): string {
  return text.replaceAll("-", "\u2011").replaceAll(" ", "\u00a0");
}

function heading({ title, ready }: Status): string {
  return `${title}: ${ready ? "ready" : "not ready"}`;
}

interface Column<T> {
  readonly title: string;
  readonly cell: (row: T, status: Status) => string | number | undefined;
  /** Whether the row shows a problem. */
  readonly bad?: (row: T) => boolean;
}

const SERVER_COLUMNS: readonly Column<ServerStatus>[] = [
  { title: "server", cell: ({ name }) => name },
  {
    title: "state",
    cell: ({ online, detail }) => `${online ? "✓" : "✗"} ${detail}`,
    bad: ({ online }) => !online,
  },
  { title: "profiles", cell: ({ profiles }) => profiles.map(unbroken).join(", ") },
  {
    title: "sessions",
    cell: ({ sessions }, { maximumSessions }) => maximumSessions ? `${sessions}/${maximumSessions}` : sessions,
  },
  { title: "calls", cell: ({ calls }) => calls },
  { title: "errors", cell: ({ errors }) => errors, bad: ({ errors }) => errors > 0 },
  {
    title: unbroken("p50 / p95"),
    cell: ({ p50, p95 }) => p50 === undefined ? "" : unbroken(`${latency(p50)} / ${latency(p95)}`),
  },
  {
    title: "process",
    cell: ({ process }) => process && `${process.met ? "✓" : "✗"} ${process.detail}`,
    bad: ({ process }) => process?.met === false,
  },
];

const SESSION_COLUMNS: readonly Column<SessionStatus>[] = [
  { title: "client", cell: ({ client }) => client },
  { title: "server", cell: ({ server }) => server },
  { title: "profile", cell: ({ profile }) => profile },
  { title: "since", cell: ({ since }) => ago(since) },
  { title: "last message", cell: ({ lastMessage }) => lastMessage && ago(lastMessage) },
  { title: "pending", cell: ({ pending }) => pending },
  { title: "resent", cell: ({ resent }) => resent },
  { title: "process", cell: ({ pid }) => pid },
];

const CONNECTION_COLUMNS: readonly Column<ConnectionStatus>[] = [
  { title: "client id", cell: ({ clientId }) => clientId },
  {
    title: "state",
    cell: ({ state, cause }) => cause === undefined ? state : `${state}: ${cause}`,
    bad: (connection) => !isConnected(connection),
  },
  { title: "since", cell: ({ since }) => ago(since) },
];

const EVENT_COLUMNS: readonly Column<LoggedEvent>[] = [
  { title: "time", cell: ({ time }) => time.slice(0, 19).replace("T", " ") },
  { title: "level", cell: ({ level }) => level, bad: ({ failure }) => failure },
  { title: "event", cell: ({ text }) => text },
];

function isConnected({ state }: ConnectionStatus): boolean {
  return state === "connected";
}

function worstFirst<T>(rows: readonly T[], isWell: (row: T) => boolean): T[] {
  return rows.toSorted((a, b) => Number(isWell(a)) - Number(isWell(b)));
}

function table<T>(title: string, columns: readonly Column<T>[], rows: readonly T[], status: Status): string {
  if (rows.length === 0) return `<section><h2>${title}</h2><p>none</p></section>`;
  const more = rows.length > MOST_ROWS ? `<p>and ${rows.length - MOST_ROWS} more</p>` : "";
  return `<section><h2>${title}</h2>
<table>
<thead><tr>${columns.map(({ title }) => `<th>${title}`).join("")}</thead>
<tbody>
${
    rows.slice(0, MOST_ROWS).map((row) => `<tr>${columns.map((column) => cell(column, row, status)).join("")}`).join(
      "\n",
    )
  }
</tbody>
</table>${more}</section>`;
}

function cell<T>({ title, cell, bad }: Column<T>, row: T, status: Status): string {
  return `<td data-title="${title}"${bad?.(row) ? ' class="bad"' : ""}>${text(String(cell(row, status) ?? ""))}`;
}

/** Text of a stranger, escaped. */
function text(text: string): string {
  return onOneLine(shortened(text, 500)).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function ago(time: string): string {
  return `${duration((Date.now() - Date.parse(time)) / 1000)} ago`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor(seconds % 3_600 / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor(seconds % 86_400 / 3_600)} h`;
}

function latency(milliseconds = 0): string {
  const text = milliseconds < 1_000
    ? `${Number(milliseconds.toPrecision(2))} ms`
    : `${(milliseconds / 1_000).toFixed(1)} s`;
  return text.replace(" ", "\u00a0");
}
