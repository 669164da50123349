// The package as others meet it: installed by npm from plain files, imported, required, and as a script for old browsers.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import vm from "node:vm";
import { gzipSync } from "node:zlib";
import { parse } from "acorn";
import { buildSync } from "esbuild";

const run = promisify(execFile);
const packages = new URL("../packages/", import.meta.url).pathname;

test("npm installs it from a folder of plain files, and Node imports and requires it", { timeout: 120_000 }, async () => {
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(packages, "registry-newsroom", decodeURIComponent(request.url))));
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise((done) => server.listen(8099, "127.0.0.1", done));
  try {
    const folder = mkdtempSync(join(tmpdir(), "judi-npm-"));
    writeFileSync(join(folder, "package.json"), '{"private":true}');
    const npm = ["install", "--no-audit", "--no-fund", "--cache", join(folder, "cache"), "--registry", "http://127.0.0.1:8099", "judi-events"];
    await run("npm", npm, { cwd: folder });
    const made = (how) => `${how}; console.log(createTracker((it) => it.payloadBytes).articleView({ articleId: "a" }))`;
    for (const [kind, how] of [
      ["module", 'import { createTracker } from "judi-events/encoder"; import "judi-events"; import "judi-events/node"; import "judi-events/plugins"; import "judi-events/testing"'],
      ["commonjs", 'const { createTracker } = require("judi-events/encoder"); for (const it of ["", "/node", "/plugins", "/testing"]) require("judi-events" + it)'],
    ]) {
      const { stdout } = await run("node", [`--input-type=${kind}`, "-e", made(how)], { cwd: folder });
      assert.equal(stdout, "CgFh\n");
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

// The aim is 6,000 for the package; this is where it stands.
const SIZES = { index: 7000, encoder: 3000 };

test("sizes stay within what pages can carry", () => {
  const size = (entry, name) => {
    const contents = `import { ${name} } from "./${entry}.js"; window.judi = ${name}(window.options);`;
    const built = buildSync({ stdin: { contents, resolveDir: join(packages, "fifty") }, bundle: true, minify: true, format: "esm", write: false });
    return gzipSync(built.outputFiles[0].contents, { level: 9 }).length;
  };
  const sizes = { index: size("index", "createJudi"), encoder: size("encoder", "createTracker") };
  console.log(`gzip with 50 events: package ${sizes.index}, tracker and encoder ${sizes.encoder}`);
  assert.ok(sizes.index <= SIZES.index && sizes.encoder <= SIZES.encoder, JSON.stringify(sizes));
});

/** A browser of 2012: no IndexedDB, BigInt, fetch, beacons, promises or typed arrays. */
function television(answer) {
  const sent = [];
  const items = new Map();
  const listeners = {};
  class XMLHttpRequest {
    readyState = 0;
    open(_, url) {
      this.url = url;
    }
    setRequestHeader() {}
    getResponseHeader() {
      return null;
    }
    send(body) {
      sent.push(JSON.parse(body));
      setImmediate(() => {
        this.readyState = 4;
        this.status = 200;
        this.responseText = JSON.stringify(answer(JSON.parse(body)));
        this.onreadystatechange();
      });
    }
    abort() {}
  }
  const window = {
    XMLHttpRequest, setTimeout, clearTimeout, btoa,
    navigator: { userAgent: "Mozilla/5.0 (SMART-TV; Linux; Tizen 2.3) AppleWebkit/538.1", language: "sv" },
    location: { href: "http://tv.example/app", pathname: "/app", search: "?utm_source=a%20b" },
    document: { referrer: "", addEventListener() {} },
    addEventListener: (type, work) => (listeners[type] = work),
    localStorage: {
      get length() { return items.size; },
      key: (at) => [...items.keys()][at],
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => items.set(key, String(value)),
      removeItem: (key) => items.delete(key),
    },
  };
  window.window = window;
  const context = vm.createContext(window);
  vm.runInContext("delete this.BigInt; delete this.Promise; delete this.Map; delete this.Uint8Array; delete this.DataView; delete this.ArrayBuffer; delete this.WebAssembly;", context);
  return { context, sent, items, listeners };
}

const accept = (batch) => ({ results: batch.events.map((event) => ({ event_id: event.eventId, status: "ok" })) });

test("the script is ES5, and works where there is little else", async () => {
  const script = readFileSync(join(packages, "kit/es5.js"), "utf8");
  parse(script, { ecmaVersion: 5 });
  const tv = television(accept);
  vm.runInContext(script, tv.context);
  const persisted = [];
  tv.context.options = { endpoint: "http://c.example", key: "k", consent: "granted", flushAt: 2, onPersisted: (id) => persisted.push(id) };
  vm.runInContext(`var judi = judiEvents.createJudi(options);
    judi.needy({ id: "å" }); judi.everything({ anInt64: "-9223372036854775808", aDouble: 0.1, aFloat: 1.1 });`, tv.context);
  for (let tries = 0; tries < 100 && (tv.sent.length < 1 || [...tv.items.keys()].some((key) => /-/.test(key))); tries++) {
    await new Promise((done) => setTimeout(done, 10));
  }
  const events = tv.sent.flatMap((batch) => batch.events);
  assert.equal(Buffer.from(events[1].payloadBytes, "base64").toString("hex"), "099a9999999999b93f15cdcc8c3f2080808080808080808001");
  assert.deepEqual(events.map((event) => [event.sequence, Buffer.from(event.payloadBytes, "base64").toString("hex").slice(0, 8)]), [[1, "0a02c3a5"], [2, "099a9999"]]);
  assert.equal(tv.sent[0].context.device, "tv");
  assert.equal(tv.sent[0].context.utmSource, "a b");
  assert.equal(persisted.length, 2);
  assert.deepEqual([...tv.items.keys()], ["judi:k:meta"]);
});
