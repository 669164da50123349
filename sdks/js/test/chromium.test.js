// Real Chromium: tabs that are killed, offline phases, two tabs, a server that fails a third of its requests. What was
// told to be persisted arrives exactly once; without consent not a byte leaves.
//
// JUDI_CHROMIUM names the browser; EVENTS how many events.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildSync } from "esbuild";
import { chromium } from "playwright-core";

const EVENTS = Number(process.env.EVENTS ?? 400);
const BROWSER = process.env.JUDI_CHROMIUM ?? "/usr/bin/chromium";
const folder = new URL("../packages/newsroom/", import.meta.url).pathname;

const script = buildSync({
  stdin: {
    contents: `import { createJudi } from "./index.js";
      window.start = (options) => (window.judi = createJudi({ endpoint: location.origin, key: "k", flushInterval: 100,
        retryBase: 50, retryCap: 500, timeout: 1000, consent: "granted", onPersisted: (id) => window.persisted?.(id),
        onReport: (it) => window.reported?.(it), ...options }));`,
    resolveDir: folder,
  },
  bundle: true,
  format: "iife",
  write: false,
}).outputFiles[0].text;

const arrived = new Map();
let requests = 0;
let bytes = 0;
let failing = true;
let server;
let origin;

before(async () => {
  server = createServer((request, response) => {
    if (request.method === "GET") {
      response.setHeader("Content-Type", "text/html");
      return response.end(request.url === "/" ? `<!doctype html><script src="/judi.js"></script><body>` : request.url === "/judi.js" ? script : "");
    }
    let body = "";
    requests++;
    const turn = requests % 9;
    request.on("data", (part) => {
      body += part;
      bytes += part.length;
    });
    request.on("end", () => {
      if (failing && turn === 0) return request.socket.destroy();
      if (failing && turn === 3) {
        response.statusCode = 503;
        return response.end("{}");
      }
      const batch = JSON.parse(body);
      const results = batch.events.map((event) => {
        const id = event.eventId;
        const isNew = !arrived.has(id);
        if (isNew) arrived.set(id, { ...event, context: { ...batch.context, ...event.context } });
        return { event_id: id, status: isNew ? "ok" : "duplicate" };
      });
      // It was taken, and the page never hears of it.
      if (failing && turn === 6) return request.socket.destroy();
      response.end(JSON.stringify({ results }));
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${server.address().port}/`;
});

after(() => server.close());

async function browse(work) {
  const profile = mkdtempSync(join(tmpdir(), "judi-chromium-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: BROWSER,
    args: ["--headless=new", "--no-sandbox"],
  });
  try {
    await work(browser);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** A page with the tracker. */
async function open(browser, told, options = {}) {
  const page = await browser.newPage();
  await page.exposeFunction("persisted", (id) => told.persisted.add(id));
  await page.exposeFunction("reported", (it) => told.reports.push(it));
  await page.goto(origin);
  await page.evaluate((it) => void window.start(it), options);
  return page;
}

async function until(is, seconds = 60) {
  for (let end = Date.now() + seconds * 1000; !is() && Date.now() < end; ) await new Promise((done) => setTimeout(done, 50));
}

/** Ends the page's process, as the system does. */
async function kill(page) {
  const crashed = page.waitForEvent("crash");
  page.goto("chrome://crash").catch(() => {});
  await crashed;
  await page.close();
}

test("what is persisted arrives exactly once", { timeout: 240_000 }, async () => {
  const told = { persisted: new Set(), reports: [] };
  await browse(async (browser) => {
    let pages = [await open(browser, told), await open(browser, told)];
    for (let made = 0, round = 0; made < EVENTS; round++) {
      if (round % 4 === 1) await browser.setOffline(true);
      if (round % 4 === 3) await browser.setOffline(false);
      for (const page of pages) {
        await page.evaluate(() => {
          for (let at = 0; at < 10; at++) window.judi.articleView({ articleId: `/${at}` });
        });
        made += 10;
      }
      await new Promise((done) => setTimeout(done, 100));
      if (round % 5 === 4) {
        await browser.setOffline(false);
        await kill(pages[0]);
        pages = [pages[1], await open(browser, told)];
      }
    }
    await browser.setOffline(false);
    await until(() => [...told.persisted].every((id) => arrived.has(id)));
  });
  const lost = [...told.persisted].filter((id) => !arrived.has(id));
  assert.deepEqual(lost, []);
  assert.deepEqual(told.reports, []);
  assert.ok(told.persisted.size >= EVENTS / 2, `${told.persisted.size} persisted`);
  const numbers = [...arrived.values()].map((event) => event.sequence).filter(Boolean);
  assert.equal(new Set(numbers).size, numbers.length, "a number twice");
  const installs = new Set([...arrived.values()].map((event) => event.context.anonymousId).filter(Boolean));
  assert.equal(installs.size, 1, "tabs share one install");
  console.log(`${told.persisted.size} persisted, ${arrived.size} arrived, ${requests} requests`);
});

test("without consent not a byte leaves, and nothing is kept", { timeout: 60_000 }, async () => {
  const told = { persisted: new Set(), reports: [] };
  await browse(async (browser) => {
    for (const options of [{ consent: "denied" }, { consent: "pending" }]) {
      const before = [requests, bytes];
      const page = await open(browser, told, options);
      await page.evaluate(() => {
        for (let at = 0; at < 50; at++) window.judi.articleView({ articleId: `/${at}` });
        return window.judi.flush();
      });
      await new Promise((done) => setTimeout(done, 500));
      assert.deepEqual(await page.evaluate(async () => [(await indexedDB.databases()).length, localStorage.length]), [0, 0]);
      await page.close({ runBeforeUnload: true });
      await new Promise((done) => setTimeout(done, 300));
      assert.deepEqual([requests, bytes], before);
    }
    assert.equal(told.reports.filter((it) => it.kind === "no_consent").length, 50);
  });
});

test("a page that goes hands over what waits", { timeout: 60_000 }, async () => {
  failing = false;
  const told = { persisted: new Set(), reports: [] };
  await browse(async (browser) => {
    const page = await open(browser, told, { flushInterval: 600_000, flushAt: 1000 });
    const id = await page.evaluate(() => window.judi.articleView({ articleId: "/last" }));
    await page.goto("about:blank");
    await until(() => arrived.has(id), 10);
    assert.ok(arrived.has(id));
  });
});

test("a full disk is no loss while the page lives", { timeout: 60_000 }, async () => {
  const told = { persisted: new Set(), reports: [] };
  await browse(async (browser) => {
    const page = await open(browser, told, { flushInterval: 600_000, flushAt: 1000 });
    const session = await browser.newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: origin.slice(0, -1), quotaSize: 1000 });
    const ids = await page.evaluate(async () => {
      const ids = [];
      for (let at = 0; at < 200; at++) ids.push(window.judi.articleView({ articleId: `/${"x".repeat(400)}${at}` }));
      await window.judi.flush();
      return ids;
    });
    assert.deepEqual(ids.filter((id) => !arrived.has(id)), []);
  });
});
