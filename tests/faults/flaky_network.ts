/**
 * A TCP proxy that misbehaves when it is told to.
 *
 * @module
 */

/** A proxy in front of a port. */
export class FlakyNetwork implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #pairs = new Set<readonly [Deno.TcpConn, Deno.TcpConn]>();
  readonly #accepting: Promise<void>;
  readonly #pumps = new Set<Promise<void>>();
  #delay = 0;
  #stalled: PromiseWithResolvers<void> | undefined;

  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /** Cuts every connection at once. */
  cut(): void {
    for (const pair of this.#pairs) closeBoth(pair);
  }

  /** Lets nothing through, without closing anything, until {@linkcode flow}. */
  stall(): void {
    this.#stalled ??= Promise.withResolvers();
  }

  /** Ends a {@linkcode stall}. */
  flow(): void {
    this.#stalled?.resolve();
    this.#stalled = undefined;
  }

  /** From now on, everything takes this long each way, in ms. */
  delay(duration: number): void {
    this.#delay = duration;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.flow();
    this.#listener.close();
    this.cut();
    await this.#accepting;
    await Promise.all(this.#pumps);
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target }).catch(() => undefined);
        if (server === undefined) {
          client.close();
          continue;
        }
        client.setNoDelay(true);
        server.setNoDelay(true);
        const pair = [client, server] as const;
        this.#pairs.add(pair);
        this.#track(this.#pump(client, server, pair));
        this.#track(this.#pump(server, client, pair));
      }
    } catch {
      // The listener was closed.
    }
  }

  #track(pump: Promise<void>): void {
    this.#pumps.add(pump);
    void pump.finally(() => this.#pumps.delete(pump));
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, pair: readonly [Deno.TcpConn, Deno.TcpConn]): Promise<void> {
    try {
      for (let buffer = new Uint8Array(65_536);; buffer = new Uint8Array(65_536)) {
        const count = await from.read(buffer);
        if (count === null) break;
        await this.#stalled?.promise;
        if (this.#delay > 0) await new Promise((resolve) => setTimeout(resolve, this.#delay));
        for (let written = 0; written < count;) written += await to.write(buffer.subarray(written, count));
      }
    } catch {
      // One side is gone; so is the other, then.
    }
    closeBoth(pair);
    this.#pairs.delete(pair);
  }
}

function closeBoth(pair: readonly [Deno.TcpConn, Deno.TcpConn]): void {
  for (const connection of pair) {
    try {
      connection.close();
    } catch {
      // Closed before.
    }
  }
}
