/**
 * The usual connections.
 *
 * @module
 */
import type { Connect } from "./connection.ts";
import { connectStream } from "./stream.ts";

/** Opens a connection, over whatever the URL of the broker asks for. */
export const connectToBroker: Connect = connectStream;
