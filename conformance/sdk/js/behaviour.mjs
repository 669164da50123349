// The kit's driver of behaviour: `node behaviour.mjs PACKAGE` reads what to do, a line of JSON each, and tells what
// happens, a line each.

import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { describe } from "./build.mjs";

const folder = resolve(process.argv[2] ?? "package");
const { createJudi } = await import(pathToFileURL(`${folder}/node.js`));
const schema = describe(`${folder}/driver.json`);
let judi;
// What the library said within the call that is being made.
let refused;

function say(it) {
  process.stdout.write(`${JSON.stringify(it)}\n`);
}

function told({ eventId, ...rest }) {
  return { event_id: eventId ?? null, ...rest };
}

const commands = {
  init({ endpoint, key, dir, options }) {
    judi = createJudi({
      endpoint,
      key,
      dir,
      ...options,
      onPersisted: (id) => say({ persisted: id }),
      onResult: (result) => say({ result: told(result) }),
      onReport(report) {
        refused = report.kind;
        say({ report: told(report) });
      },
    });
  },
  track({ event, call }) {
    try {
      const { method, fields } = schema.call(event, call);
      refused = undefined;
      const id = judi[method](fields) ?? null;
      say(refused ? { error: refused } : { tracked: id });
    } catch (error) {
      say({ error: error.code ?? String(error) });
    }
  },
  async flush() {
    await judi.flush();
    say({ flushed: true });
  },
  consent: ({ state }) => judi.consent(state),
  setUser: ({ id }) => judi.setUser(id ?? null),
  reset: () => judi.reset(),
  optOut: () => judi.optOut(),
  optIn: () => judi.optIn(),
  async close() {
    await judi.close();
    say({ closed: true });
    process.exitCode = 0;
  },
};

// Lines that come while one is worked on wait for it, but for calls and signals, which never wait.
let work = Promise.resolve();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  if (!line.trim()) return;
  const command = JSON.parse(line);
  work = work.then(() => commands[command.do](command)).catch((error) => say({ error: String(error) }));
});
