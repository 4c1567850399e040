/**
 * Prompts that a user can pick in a host. They use nothing but the tools.
 *
 * @module
 */
import * as z from "zod";
import type { ToolContext } from "./context.ts";
import { completions } from "./resources.ts";
import { completable, type GetPromptResult, type McpServer } from "./sdk.ts";

/** Offers the prompts to the host of `server`. */
export function registerPrompts(server: McpServer, context: ToolContext): void {
  const topic = (description: string) =>
    completable(z.string().describe(description), (begin) => completions(context, begin));
  server.registerPrompt(
    "look_around",
    {
      title: "Look around this broker",
      description: "What is on this MQTT broker: which devices and services, and how they are",
      argsSchema: { topic: topic("").optional().describe("Topic filter to look at; by default everything") },
    },
    ({ topic = "#" }) =>
      asked(
        `Find out what is on this MQTT broker, below ${
          quote(topic)
        }. Call broker_info, then list_topics for this filter, and get_retained for the topics that look interesting. Tell me which devices and services there are, grouped by how their topics are laid out, what their current values mean, and what looks wrong: devices that say they are offline, values that are old or impossible. Do not publish anything.`,
      ),
  );
  server.registerPrompt(
    "watch_topic",
    {
      title: "Watch a topic and tell me when …",
      description: "Listens to a topic until something happens there",
      argsSchema: {
        topic: topic("Topic or filter to listen to"),
        condition: z.string().describe("What to wait for, such as: the temperature is above 30"),
      },
    },
    ({ topic, condition }) =>
      asked(
        `Listen to the MQTT topic ${
          quote(topic)
        } until this is so: ${condition}. Call get_retained for it, since it may be so already. Then call subscribe with this filter, max_messages 1 and a timeout of 60 again and again; messages that come between two calls wait for the next. Tell me as soon as it is so, with the message and the time at which it was received. Then call unsubscribe. Do not publish anything.`,
      ),
  );
  server.registerPrompt(
    "describe_device",
    {
      title: "Describe this device",
      description: "What a device is, what it reports and what it can be told",
      argsSchema: { topic: topic("A topic of the device, or the beginning of its topics") },
    },
    ({ topic }) =>
      asked(
        `Describe the device whose MQTT topics begin with or are like ${
          quote(topic)
        }. Call list_topics and get_retained for its topics, and subscribe for some seconds. Tell me what it is, what it reports, in which units and how often, its current state, and to which topics commands to it are likely to go, with an example of a message. Look at what the operator says of the topics in the answer of list_topics. Do not publish anything.`,
      ),
  );
}

function quote(topic: string): string {
  return JSON.stringify(topic);
}

function asked(text: string): GetPromptResult {
  return { messages: [{ role: "user", content: { type: "text", text } }] };
}
