/**
 * What it takes to seal sessions: the keys of both ends, and the primitives alone.
 *
 * @module
 */
import process from "node:process";
import { generateKeyPair, type KeyPair, privateKeyFile, publicKeyText } from "../../src/seal/mod.ts";
import { Seal } from "../../src/seal/packets.ts";
import type { Figures } from "./figures.ts";
import { ROW } from "./measurements.ts";

const MEGABYTE = 2 ** 20;
const LARGE_PACKETS = 200;
const SMALL = 200;
const SMALL_PACKETS = 20_000;

/** What the two commands of a sealed session are to be given; disposing of it removes the files. */
export interface SealingOptions extends AsyncDisposable {
  readonly serve: readonly string[];
  readonly connect: readonly string[];
}

/** Makes keys of both ends. */
export async function sealingOptions(): Promise<SealingOptions> {
  const directory = await Deno.makeTempDir({ prefix: "bench-keys-" });
  const [server, client] = [generateKeyPair(), generateKeyPair()];
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${directory}/${name}`, text, { mode: 0o600 });
    return `${directory}/${name}`;
  };
  const file = (name: string, pair: KeyPair) => write(name, privateKeyFile(pair));
  const clients = await write("clients.txt", `${publicKeyText(client.publicKey)} bench\n`);
  return {
    serve: ["--key", await file("server.key", server), "--authorized-keys", clients],
    connect: ["--key", await file("client.key", client), "--server-key", publicKeyText(server.publicKey)],
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

/** Notes what the primitives take in this process, by its CPU time. */
export function measurePrimitives(figures: Figures): void {
  figures.note("sealed", ROW.sealLarge, LARGE_PACKETS * MEGABYTE / 1e6 / (sealing(MEGABYTE, LARGE_PACKETS) / 1e6));
  figures.note("sealed", ROW.sealSmall, sealing(SMALL, SMALL_PACKETS) / SMALL_PACKETS);
}

/** The CPU time of sealing and opening so many packets, in µs. */
function sealing(length: number, count: number): number {
  const [one, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const sender = new Seal({ send: one, receive: other }, "bench");
  const receiver = new Seal({ send: other, receive: one }, "bench");
  const [header, plaintext] = [new TextEncoder().encode("seq=1 ack=1\n"), new Uint8Array(length).fill(0x20)];
  const round = () => {
    if (receiver.open(sender.seal(header, plaintext)) === undefined) throw new Error("It does not open");
  };
  for (let time = 0; time < count / 4; time++) round(); // until the compiler has seen it
  const before = cpu();
  for (let time = 0; time < count; time++) round();
  return cpu() - before;
}

/** The CPU time of this process so far, in µs. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
