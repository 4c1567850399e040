import assert from "node:assert/strict";
import { BROKER_PRESETS, BrokerLink } from "../../src/mqtt/mod.ts";
import { testOnBrokers } from "../support/brokers.ts";

function link(url: string, clientId: string): BrokerLink {
  return new BrokerLink({
    broker: { url, keepAlive: 60 },
    plan: { clientId },
    preset: BROKER_PRESETS.standard,
    observe: () => {},
  });
}

function online(link: BrokerLink): Promise<void> {
  return new Promise((resolve) => {
    link.watch(({ status }) => status === "online" && resolve());
    link.open();
  });
}

testOnBrokers("a member of a shared subscription that has said goodbye gets no share any more", async ({ url }) => {
  const received: string[] = [];
  const arrived = Promise.withResolvers<void>();
  const join = async (member: BrokerLink) => {
    void member.subscribe({
      filter: "jobs/#",
      share: "workers",
      qos: 1,
      handler: ({ topic }) => {
        received.push(topic);
        if (received.length === 4) arrived.resolve();
      },
    });
    await online(member);
  };
  const former = link(url, "former");
  await join(former);
  await former.close();

  await using present = link(url, "present");
  await join(present);
  await using publisher = link(url, "publisher");
  await online(publisher);
  for (const job of ["a", "b", "c", "d"]) {
    void publisher.publish({ topic: `jobs/${job}`, payload: new Uint8Array(), qos: 1 });
  }
  await arrived.promise;
  assert.deepEqual(received.toSorted(), ["jobs/a", "jobs/b", "jobs/c", "jobs/d"]);
});
