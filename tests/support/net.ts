/** Ports. @module */

/**
 * Systems give the ports above to whoever does not ask for one, a client's end of a connection among them: one of those
 * can be gone when a broker comes back to it.
 */
const [LOWEST, HIGHEST] = [20_000, 32_767];

/** A TCP port on which nobody listens at the moment, and which nobody gets by chance. */
export function freePort(): number {
  while (true) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
