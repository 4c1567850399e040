/**
 * A fleet of simulated servers in both profiles, in one process and on a few connections.
 *
 * Servers are called `plant/LINE/NUMBER` in the profile `request-response`, and `site/LINE/NUMBER` in the open convention.
 *
 * @module
 */
import { toolsDigest } from "../../../src/app/tools_digest.ts";
import type { Acceptor } from "../../../src/wire/mod.ts";
import { profileNamed, SERVER_OPTIONS } from "../wire_options.ts";
import { FleetConnection, type SharedFilter } from "./fleet_connection.ts";
import { type Behaviour, serveSession, simulatedServer, type SimulatedTool } from "./simulated_server.ts";

/** Connections of a fleet; a broker's queue for each has to take the answers to a call of many servers. */
const CONNECTIONS = 8;

/** One in so many speaks the open convention, each session of which takes a connection at its client. */
const OPEN_EACH = 10;

/** One in so many does not say which tools it has. */
const SILENT_EACH = 20;

/** A server of a fleet. */
export interface FleetMember {
  readonly name: string;
  readonly profile: "request-response" | "mcp-over-mqtt";
  readonly description?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly behaviour: Behaviour;
}

/** A running fleet. Disposing of it takes all presences back. */
export interface SimulatedFleet extends AsyncDisposable {
  /** How many sessions each server has had, by its name. */
  readonly sessions: ReadonlyMap<string, number>;
  /** Ends a server as a power failure would. */
  kill(name: string): void;
}

/** Puts servers on a broker; they are all online when this resolves. */
export async function simulatedFleet(url: string, members: readonly FleetMember[]): Promise<SimulatedFleet> {
  const id = crypto.randomUUID().slice(0, 8);
  const connections = Array.from(
    { length: Math.min(CONNECTIONS, members.length) },
    (_, index) => new FleetConnection(url, `fleet-${id}-${index}`, filtersOf(connectionNames(members, index))),
  );
  await Promise.all(connections.map((connection) => connection.online()));
  const sessions = new Map<string, number>();
  const acceptors = new Map<string, Acceptor>();
  for (const [index, member] of members.entries()) {
    const { name, profile, description = "", meta = {}, behaviour } = member;
    const connection = connections[index % connections.length];
    acceptors.set(
      name,
      profileNamed(profile).accept((plan) => {
        const link = connection?.member(name, plan.clientId);
        if (link === undefined) throw new Error("there is a connection for each server");
        return link;
      }, {
        ...SERVER_OPTIONS,
        serverName: name,
        clientId: `${id}-${index}`,
        share: "mcp",
        description,
        meta,
        opened: (session) => {
          sessions.set(name, (sessions.get(name) ?? 0) + 1);
          serveSession(session, behaviour);
        },
      }),
    );
  }
  await Promise.all(connections.map((connection) => connection.roundTrip()));
  return {
    sessions,
    kill(name) {
      const index = members.findIndex((member) => member.name === name);
      const clientId = `${id}-${index}`;
      connections[index % connections.length]?.cut(name, [
        `mcp/${name}/presence/${clientId}`,
        `$mcp-server/presence/${clientId}/${name}`,
      ]);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...acceptors.values()].map((acceptor) => acceptor[Symbol.asyncDispose]()));
      await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
    },
  };
}

/** So many ordinary servers of both profiles, with a few lists of tools between them. */
export async function ordinaryMembers(count: number): Promise<FleetMember[]> {
  const kinds = await Promise.all(KINDS.map(async (kind) => ({ ...kind, digest: await toolsDigest(kind.tools) })));
  return Array.from({ length: count }, (_, number) => {
    const kind = kinds[number % kinds.length] ?? { what: "", tools: [], digest: "" };
    const isOpen = number % OPEN_EACH === OPEN_EACH - 1;
    const name = `${isOpen ? "site" : "plant"}/line-${number % CONNECTIONS}/${kind.what}-${number}`;
    return {
      name,
      profile: isOpen ? "mcp-over-mqtt" : "request-response",
      description: `${kind.what} number ${number} of line ${number % CONNECTIONS}`,
      meta: number % SILENT_EACH === 0 ? { kind: kind.what } : { kind: kind.what, toolsDigest: kind.digest },
      behaviour: simulatedServer(name, kind.tools),
    } as const;
  });
}

const number = { type: "number" };

/** What servers are, and what tools they have. All have `status`, so that all can be asked for it at once. */
const KINDS: readonly { readonly what: string; readonly tools: readonly SimulatedTool[] }[] = [
  {
    what: "thermostat",
    tools: [
      tool("status", "Tells whether the thermostat works", {}, true),
      tool("read_temperature", "Reads the temperature of the room, in degrees Celsius", {}, true),
      tool("set_target", "Sets the temperature that the room should have", { celsius: number }),
    ],
  },
  {
    what: "lamp",
    tools: [
      tool("status", "Tells whether the lamp is on", {}, true),
      tool("switch", "Switches the lamp on or off", { on: { type: "boolean" } }),
      tool("dim", "Dims the lamp", { percent: number }),
    ],
  },
  {
    what: "robot",
    tools: [
      tool("status", "Tells what the robot does at the moment", {}, true),
      tool("move", "Moves the arm to a position", { x: number, y: number, z: number }),
      tool("grip", "Closes the gripper with some force", { newton: number }),
      tool("stop", "Stops every movement at once", {}),
      ...Array.from({ length: 8 }, (_, axis) => tool(`calibrate_axis_${axis}`, `Calibrates axis ${axis}`, {})),
    ],
  },
];

function tool(name: string, description: string, properties: object, readOnlyHint = false): SimulatedTool {
  const inputSchema = { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
  return { name, description, inputSchema, annotations: { readOnlyHint } };
}

/** The names of the servers that a connection carries. */
function connectionNames(members: readonly FleetMember[], index: number): string[] {
  const count = Math.min(CONNECTIONS, members.length);
  return members.filter((_, number) => number % count === index).map(({ name }) => name);
}

/** What servers of these names listen to, with as few filters as they have beginnings. */
function filtersOf(names: readonly string[]): SharedFilter[] {
  const beginnings = new Set(names.map((name) => name.split("/").slice(0, -1).join("/")));
  const from = (start: number, end: number) => (topic: string) => topic.split("/").slice(start, end).join("/");
  const perBeginning = [...beginnings].flatMap((beginning) => {
    const length = beginning === "" ? 1 : beginning.split("/").length + 1;
    const name = beginning === "" ? "+" : `${beginning}/+`;
    return [
      { filter: `mcp/${name}/request/#`, key: from(1, 1 + length) },
      { filter: `mcp/${name}/instance/+/+`, key: from(1, 1 + length) },
      { filter: `mcp/${name}/closed/+`, key: from(1, 1 + length) },
      { filter: `$mcp-server/+/${name}`, key: from(2, 2 + length) },
      { filter: `$mcp-rpc/+/+/${name}`, noLocal: true, key: from(3, 3 + length) },
    ];
  });
  return [...perBeginning, { filter: "mcp/closed/+" }, { filter: "$mcp-client/presence/+" }];
}
