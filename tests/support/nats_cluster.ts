/**
 * Three nodes of a NATS cluster, which are one MQTT 3.1.1 broker.
 *
 * @module
 */
import { freePort } from "./net.ts";

/** Where `nats-server` is; Debian keeps it out of users' PATH. */
export const NATS_SERVER: string | undefined = [
  ...(Deno.env.get("PATH") ?? "").split(":"),
  "/usr/sbin",
  "/usr/local/sbin",
].map((directory) => `${directory}/nats-server`).find((file) => {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
});

/** A node. */
export interface ClusterNode {
  readonly url: string;
  /** Kills it, without a goodbye to anybody. */
  kill(): Promise<void>;
}

/** A running cluster; disposing of it ends its nodes. */
export interface Cluster extends AsyncDisposable {
  readonly nodes: readonly [ClusterNode, ClusterNode, ClusterNode];
}

const NAMES = ["n1", "n2", "n3"] as const;

/** Starts three nodes. It takes them some seconds to agree; until then they refuse MQTT clients. */
export async function natsCluster(program: string): Promise<Cluster> {
  const directory = await Deno.makeTempDir({ prefix: "nats-cluster-" });
  const routes = NAMES.map(() => freePort());
  const nodes = NAMES.map((name, index) => {
    const port = freePort();
    const file = `${directory}/${name}.conf`;
    Deno.writeTextFileSync(
      file,
      [
        `server_name: ${name}`,
        `listen: 127.0.0.1:${freePort()}`,
        `jetstream { store_dir: "${directory}/${name}" }`,
        `mqtt { listen: 127.0.0.1:${port} }`,
        `cluster { name: c, listen: 127.0.0.1:${routes[index]}`,
        `  routes: [${routes.map((route) => `"nats://127.0.0.1:${route}"`).join(", ")}] }`,
      ].join("\n"),
    );
    const command = new Deno.Command(program, { args: ["-c", file], stdin: "null", stdout: "null", stderr: "null" });
    const process = command.spawn();
    return {
      url: `mqtt://127.0.0.1:${port}`,
      async kill() {
        process.kill("SIGKILL");
        await process.status;
      },
    };
  });
  const [first, second, third] = nodes;
  if (first === undefined || second === undefined || third === undefined) throw new Error("A node is missing");
  return {
    nodes: [first, second, third],
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(nodes.map((node) => node.kill()));
      await Deno.remove(directory, { recursive: true });
    },
  };
}
