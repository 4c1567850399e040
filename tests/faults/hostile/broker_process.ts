/**
 * A broker of one mode, as a process: `broker_process.ts MODE`. Prints its port, and a line for each connection.
 *
 * @module
 */
import { print } from "../../../scripts/support/print.ts";
import { HostileBroker } from "./broker.ts";
import { MODES } from "./modes.ts";

const mode = MODES.find(({ name }) => name === Deno.args[0]);
if (mode === undefined) throw new Error(`No mode is called "${Deno.args[0]}"`);
const broker = new HostileBroker({
  ...mode,
  accepted: (guest) => {
    print("connected");
    return mode.accepted?.(guest);
  },
});
print(String(broker.port));
