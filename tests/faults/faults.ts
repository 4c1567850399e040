/**
 * What can go wrong.
 *
 * @module
 */
import { wait, type World, type WorldOptions } from "./world.ts";

/** One kind of fault. */
export interface Fault {
  readonly name: string;
  readonly world?: WorldOptions;
  /** Happens several times during a run, at random moments. */
  readonly strike: (world: World, random: () => number) => Promise<void>;
  /** A process with state of the session dies: notifications under way may be lost with it. */
  readonly kills?: boolean;
  /** What has to be there for it; without, the fault is left out. */
  readonly needs?: () => Promise<string | undefined>;
}

const PERSISTENT = ["allow_anonymous true", "persistence true", "autosave_interval 1", "autosave_on_changes true"];

async function stop(pid: number, duration: number): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  await wait(duration);
  Deno.kill(pid, "SIGCONT");
}

/** Every fault. */
export const FAULTS: readonly Fault[] = [
  { name: "nothing", strike: () => Promise.resolve() },
  { name: "broker killed, no persistence", strike: (world, random) => world.restartBroker(200 + 1500 * random()) },
  {
    name: "broker killed, persistence",
    world: { configuration: PERSISTENT },
    strike: (world, random) => world.restartBroker(200 + 1500 * random()),
  },
  { name: "connection of serve cut", strike: (world) => Promise.resolve(world.serverNetwork.cut()) },
  { name: "connection of connect cut", strike: (world) => Promise.resolve(world.clientNetwork.cut()) },
  {
    name: "both connections cut, QoS 1",
    world: { qos: "1" },
    strike: (world) => {
      world.serverNetwork.cut();
      world.clientNetwork.cut();
      return Promise.resolve();
    },
  },
  {
    name: "both connections cut, QoS 2",
    world: { qos: "2" },
    strike: (world) => {
      world.serverNetwork.cut();
      world.clientNetwork.cut();
      return Promise.resolve();
    },
  },
  {
    name: "network stalled",
    strike: async (world, random) => {
      const network = random() < 0.5 ? world.serverNetwork : world.clientNetwork;
      network.stall();
      await wait(500 + 2500 * random());
      network.flow();
    },
  },
  {
    name: "network slow",
    strike: async (world, random) => {
      world.serverNetwork.delay(100 * random());
      world.clientNetwork.delay(100 * random());
      await wait(1500);
      world.serverNetwork.delay(0);
      world.clientNetwork.delay(0);
    },
  },
  { name: "serve stopped", strike: (world, random) => stop(world.servePid, 500 + 3000 * random()) },
  { name: "connect stopped", strike: (world, random) => stop(world.driver.pid, 500 + 3000 * random()) },
  { name: "broker stopped", strike: (world, random) => stop(world.brokerPid, 500 + 3000 * random()) },
  {
    name: "serve stopped, QoS 1",
    world: { qos: "1" },
    strike: (world, random) => stop(world.servePid, 500 + 3000 * random()),
  },
  { name: "server process killed", kills: true, strike: (world) => world.killChild() },
  { name: "serve killed", kills: true, strike: (world, random) => world.restartServe(500 * random()) },
  { name: "connect killed", kills: true, strike: (world) => world.driver.restart() },
  {
    name: "client id taken over",
    strike: async (world) => {
      const url = new URL(`tcp://127.0.0.1:${world.clientNetwork.port}`);
      const thief = new Deno.Command("mosquitto_sub", {
        args: ["-p", url.port, "-V", "5", "-i", world.clientId, "-t", "nothing", "-W", "1"],
        stdout: "null",
        stderr: "null",
      }).spawn();
      await thief.status;
    },
  },
];
