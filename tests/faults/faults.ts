/**
 * What can go wrong.
 *
 * @module
 */
import { wait, type World, type WorldOptions } from "./world.ts";

/** One kind of fault. */
export interface Fault {
  readonly name: string;
  /** Prepares what is special about the world; what cannot be had on this machine is said in a {@linkcode Missing}. */
  readonly world?: () => WorldOptions | Promise<WorldOptions>;
  /** How many calls are under way. @default {as the command line says} */
  readonly width?: number;
  /** Happens several times during a run, at random moments. */
  readonly strike: (world: World, random: () => number) => Promise<void>;
  /** Notifications may be lost: a process with state of the session dies, or nothing is sent again. */
  readonly forgets?: boolean;
  /** Nothing that was begun may be given up: a call with an error has not run. */
  readonly finishes?: boolean;
}

const cutServe: Fault["strike"] = (world) => Promise.resolve(world.serverNetwork.cut());
const cutConnect: Fault["strike"] = (world) => Promise.resolve(world.clientNetwork.cut());
const killServe: Fault["strike"] = (world, random) => world.restartServe(500 * random());

const PERSISTENT = ["allow_anonymous true", "persistence true", "autosave_interval 1", "autosave_on_changes true"];

async function stop(pid: number, duration: number): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  await wait(duration);
  Deno.kill(pid, "SIGCONT");
}

/** What a fault needs and this machine does not have. */
export class Missing extends Error {}

/** A disk of 64 KB for what the broker keeps, as root alone can make one. */
async function tinyDisk(): Promise<WorldOptions & { readonly directory: string }> {
  const directory = await Deno.makeTempDir({ prefix: "faults-disk-" });
  const mount = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", "size=64k,mode=777", "tmpfs", directory],
  })
    .output().catch(() => ({ success: false }));
  if (!mount.success) throw new Missing("a disk that can be filled needs root");
  TINY_DISK.directory = directory;
  return {
    directory,
    configuration: [...PERSISTENT, `persistence_location ${directory}/`],
    cleanUp: async () => {
      await new Deno.Command("umount", { args: [directory] }).output();
      await Deno.remove(directory);
    },
  };
}

/** Where the one tiny disk of the fault that is being run is. */
const TINY_DISK = { directory: "" };

/** The time of day as a file says, by Debian's package faketime; time itself goes on undisturbed. */
async function falseTime(): Promise<WorldOptions> {
  const library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
  await Deno.stat(library).catch(() => {
    throw new Missing("clock jumps need Debian's package faketime");
  });
  const file = await Deno.makeTempFile({ prefix: "faults-time-" });
  await Deno.writeTextFile(file, "+0");
  FALSE_TIME.file = file;
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
    cleanUp: () => Deno.remove(file),
  };
}

/** Where the time of the fault that is being run is. */
const FALSE_TIME = { file: "" };

const OLD_MQTT: WorldOptions = { serve: ["--mqtt-version", "4"], connect: ["--mqtt-version", "4"] };
const CONVENTION: WorldOptions = {
  serve: ["--profile", "mcp-over-mqtt"],
  connect: ["--profile", "mcp-over-mqtt"],
};

/** Every fault. */
export const FAULTS: readonly Fault[] = [
  { name: "nothing", strike: () => Promise.resolve() },
  { name: "broker killed, no persistence", strike: (world, random) => world.restartBroker(200 + 1500 * random()) },
  {
    name: "broker killed, persistence",
    world: () => ({ configuration: PERSISTENT }),
    strike: (world, random) => world.restartBroker(200 + 1500 * random()),
  },
  { name: "connection of serve cut", strike: cutServe },
  { name: "connection of connect cut", strike: cutConnect },
  {
    name: "both connections cut, QoS 1",
    world: () => ({ qos: "1" }),
    strike: (world) => {
      world.serverNetwork.cut();
      world.clientNetwork.cut();
      return Promise.resolve();
    },
  },
  {
    name: "both connections cut, QoS 2",
    world: () => ({ qos: "2" }),
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
    world: () => ({ qos: "1" }),
    strike: (world, random) => stop(world.servePid, 500 + 3000 * random()),
  },
  { name: "server process killed", forgets: true, strike: (world) => world.killChild() },
  { name: "serve killed", forgets: true, strike: killServe },
  {
    name: "serve killed, the same client id",
    world: () => ({ serve: ["--client-id", "fault-server"] }),
    forgets: true,
    strike: killServe,
  },
  {
    name: "serve asked to end",
    forgets: true,
    finishes: true,
    strike: (world, random) => world.restartServe(500 * random(), "SIGTERM"),
  },
  {
    name: "serve asked to end, the same client id",
    world: () => ({ serve: ["--client-id", "fault-server"] }),
    forgets: true,
    finishes: true,
    strike: (world, random) => world.restartServe(500 * random(), "SIGTERM"),
  },
  {
    name: "one of two instances killed",
    world: () => ({ instances: 2 }),
    forgets: true,
    strike: (world, random) => world.restartServe(500 * random(), "SIGKILL", random() < 0.5 ? 0 : 1),
  },
  {
    name: "one of two instances asked to end",
    world: () => ({ instances: 2 }),
    forgets: true,
    finishes: true,
    strike: (world, random) => world.restartServe(500 * random(), "SIGTERM", random() < 0.5 ? 0 : 1),
  },
  {
    name: "one of two instances killed, not shared",
    world: () => ({ instances: 2, serve: ["--no-share"] }),
    forgets: true,
    strike: (world, random) => world.restartServe(500 * random(), "SIGKILL", random() < 0.5 ? 0 : 1),
  },
  {
    name: "serve killed as connect is cut",
    world: () => ({ serve: ["--client-id", "fault-server"] }),
    forgets: true,
    strike: async (world, random) => {
      world.clientNetwork.cut();
      await world.restartServe(500 * random());
    },
  },
  { name: "connection of serve cut, MQTT 3.1.1", world: () => OLD_MQTT, forgets: true, strike: cutServe },
  { name: "connection of connect cut, MQTT 3.1.1", world: () => OLD_MQTT, forgets: true, strike: cutConnect },
  { name: "serve killed, MQTT 3.1.1", world: () => OLD_MQTT, forgets: true, strike: killServe },
  {
    name: "server process killed, prewarmed",
    world: () => ({ serve: ["--prewarm", "2"] }),
    forgets: true,
    strike: (world) => world.killChild(),
  },
  { name: "connection of serve cut, open convention", world: () => CONVENTION, forgets: true, strike: cutServe },
  { name: "connection of connect cut, open convention", world: () => CONVENTION, forgets: true, strike: cutConnect },
  { name: "serve killed, open convention", world: () => CONVENTION, forgets: true, strike: killServe },
  { name: "connect killed", forgets: true, strike: (world) => world.driver.restart() },
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
  {
    name: "more than the broker's queue",
    world: () => ({ qos: "1" }),
    width: 1_000, // each makes five messages; mosquitto queues 1,000, and drops what is beyond, having acknowledged it
    strike: (world, random) => stop(world.servePid, 2_000 + 1_000 * random()),
  },
  {
    name: "disk of the broker full",
    world: tinyDisk,
    strike: async () => {
      const filler = `${TINY_DISK.directory}/filler`;
      await Deno.writeFile(filler, new Uint8Array(128 * 1024)).catch(() => {}); // as much as there is room for
      await wait(1_500);
      await Deno.remove(filler);
    },
  },
  {
    name: "clock jumps",
    world: falseTime,
    strike: (_world, random) =>
      Deno.writeTextFile(FALSE_TIME.file, `${random() < 0.5 ? "+" : "-"}${Math.floor(1e6 * random())}`),
  },
];
