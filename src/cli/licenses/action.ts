/** `licenses`: what it does. @module */
import { UsageError } from "../../core/usage_error.ts";
import { type Action, EXIT_OK } from "../command.ts";
import { noticesText } from "./notices.ts";
import notices from "./notices.json" with { type: "json" };

/** Prints the notices of all packages. */
export const licensesAction: Action<Record<never, never>> = ({ operands, io }) => {
  if (operands.length > 0) throw new UsageError([`licenses takes no arguments: "${operands.join(" ")}"`]);
  io.print(noticesText(notices));
  return Promise.resolve(EXIT_OK);
};
