/**
 * The status page in a real browser.
 *
 * `STATUS_PAGE_SCREENSHOTS` names a directory for pictures of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { ask, bridge, initialize } from "../support/bridge.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { freePort } from "../support/net.ts";
import { kill } from "../support/processes.ts";
import { startProxy } from "../support/proxy.ts";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

async function whereBrowserIs(): Promise<string | undefined> {
  for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const program of PROGRAMS) {
      const file = `${directory}/${program}`;
      if (await Deno.stat(file).then(({ isFile }) => isFile, () => false)) return file;
    }
  }
}

const BROWSER = await whereBrowserIs();
const PICTURES = Deno.env.get("STATUS_PAGE_SCREENSHOTS");

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}

/** A browser, with what it complains about. */
async function withPage(body: (page: Page, complaints: readonly string[]) => Promise<void>): Promise<void> {
  const browser: Browser = await chromium.launch({ executablePath: BROWSER ?? "", args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const complaints: string[] = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (new URL(request.url()).hostname !== "127.0.0.1") complaints.push(`asked for ${request.url()}`);
    });
    await body(page, complaints);
  } finally {
    await browser.close();
  }
}

// The browser's processes and sockets are Playwright's business.
const OPTIONS = { ignore: BROWSER === undefined, sanitizeOps: false, sanitizeResources: false };

Deno.test("the page is live: sessions come and go on it, and what fails comes first", OPTIONS, async () => {
  const port = freePort();
  await using broker = await embeddedBroker();
  await using ends = await bridge(broker, { serve: ["--status", `127.0.0.1:${port}`] });
  await withPage(async (page, complaints) => {
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.getByText("live", { exact: true }).waitFor();
    assert.equal(await page.title(), "mcp-mqtt-proxy serve: ready");
    const pid = await initialize(ends.host);
    for (let id = 1; id <= 3; id++) await ask(ends.host, id, "x");
    const sessions = page.locator("section", { hasText: "Sessions" }).locator("tbody tr");
    await sessions.filter({ hasText: String(pid) }).waitFor(); // without loading the page again
    await picture(page, "wide");
    kill(pid);
    const events = page.locator("section", { hasText: "Last events" }).locator("tbody tr");
    await events.first().filter({ hasText: "SIGKILL" }).waitFor();
    assert.equal(await events.first().locator("td.bad").count(), 1);

    await page.emulateMedia({ colorScheme: "dark" });
    assert.equal(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(13, 17, 23)");
    await picture(page, "dark");
    await page.emulateMedia({ colorScheme: "light" });
    assert.equal(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
    await page.setViewportSize({ width: 360, height: 700 });
    assert.ok(Number(await page.evaluate("document.documentElement.scrollWidth")) <= 360, "nothing is cut off");
    await picture(page, "narrow");
    assert.deepEqual(complaints, []);
  });
});

Deno.test("the page says that its process is gone, and is live again when there is another", OPTIONS, async () => {
  const port = freePort();
  const args = ["connect", "--status", `127.0.0.1:${port}`, "--broker", "mqtt://127.0.0.1:1", "--name", "files"];
  await withPage(async (page) => {
    {
      await using host = startProxy(args);
      await host.errors.find((line) => line.includes("no connection to"));
      await page.goto(`http://127.0.0.1:${port}/`);
      assert.equal(await page.title(), "mcp-mqtt-proxy connect files: not ready");
      await page.locator("header.bad").waitFor();
      await page.getByText("live", { exact: true }).waitFor();
      await picture(page, "not-ready");
    }
    await page.getByText("no answer, trying again").waitFor();
    await using _host = startProxy(args);
    await page.getByText("live", { exact: true }).waitFor();
  });
});

Deno.test("what a stranger is called runs nothing", OPTIONS, async () => {
  const port = freePort();
  const name = `<img src=x onerror="document.title='taken'">`;
  const args = ["connect", "--status", `127.0.0.1:${port}`, "--broker", "mqtt://127.0.0.1:1", "--name", name];
  await using host = startProxy(args);
  await host.errors.find((line) => line.includes("no connection to"));
  await withPage(async (page, complaints) => {
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.getByText("live", { exact: true }).waitFor();
    await page.locator("h1", { hasText: name }).waitFor();
    assert.equal(await page.locator("img").count(), 0);
    assert.ok((await page.title()).includes("<img"));
    assert.deepEqual(complaints, []);
  });
});
