/** The command line tool: arguments in, exit code out. @module */
import { run } from "./src/cli/mod.ts";

await run();
