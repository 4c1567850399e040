/** The command line tool: arguments in, exit code out. @module */
import { main, meantArguments } from "./src/cli/mod.ts";

// Not Deno.exitCode: a read of stdin that is under way would keep the process alive.
Deno.exit(await main(meantArguments(Deno.execPath(), Deno.args)));
