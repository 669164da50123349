// Node's clock, chance, files and signals.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { release, type } from "node:os";
import { join } from "node:path";

import { start } from "./core.js";
import { openFiles } from "./files.js";
import { memory } from "./memory.js";
import { post } from "./transport.js";

const RANDOM_NUMBERS = 1024;
let pool = new Uint32Array(0);
let used = 0;

/** 32 bits, of many at a time. */
function random() {
  if (used >= pool.length) {
    pool = new Uint32Array(new Uint8Array(randomBytes(RANDOM_NUMBERS * 4)).buffer);
    used = 0;
  }
  return pool[used++];
}

/** Ends the process as the signal would have, once what waits is sent. */
function onSignals(judi) {
  const signals = ["SIGTERM", "SIGINT"];
  const listeners = signals.map((signal) => {
    const listener = () => {
      for (const [at, other] of signals.entries()) process.removeListener(other, listeners[at]);
      const isOurs = process.listenerCount(signal) === 0;
      // Keeps the process until then, whatever else it does.
      const wait = setInterval(() => {}, 1000);
      judi.close().then(() => {
        clearInterval(wait);
        if (isOurs) process.kill(process.pid, signal);
      });
    };
    process.on(signal, listener);
    return listener;
  });
  return () => signals.forEach((signal, at) => process.removeListener(signal, listeners[at]));
}

/** A tracker for Node. */
export function node(schema, options) {
  const folder = options.dir && join(options.dir, encodeURIComponent(options.key));
  const no = folder && join(folder, "opt-out");
  const system = `${type()} ${release()}`;
  const locale = options.locale ?? Intl.DateTimeFormat().resolvedOptions().locale;
  let isOut = Boolean(no) && existsSync(no);
  let files;
  const judi = start(
    schema,
    {
      now: Date.now,
      mono: () => Math.round(performance.now()),
      random,
      context: () => ({ platform: "node", os: system, locale }),
      log: console.log,
      timer: (work, wait) => setTimeout(work, Math.min(wait, 2147483647)).unref(),
      post,
      promise: (work) => new Promise(work),
      gpc: () => false,
      optOut(is) {
        if (is === undefined) return isOut;
        isOut = Boolean(is);
        if (!no) return isOut;
        try {
          if (isOut) {
            mkdirSync(folder, { recursive: true });
            writeFileSync(no, "");
          } else rmSync(no, { force: true });
        } catch (error) {
          console.log("judi", error);
        }
        return isOut;
      },
      open(isToEmpty, isNameless, done) {
        const isKept = folder && !(isNameless && !isToEmpty) && !(isToEmpty && !existsSync(folder));
        files = isKept ? openFiles(folder) : undefined;
        setImmediate(() => done(files ? [files, memory()] : [memory()]));
      },
      onLeave() {},
      close(done) {
        process.removeListener("beforeExit", judi.flush);
        unhook();
        if (files) files.close(done);
        else done();
      },
    },
    options,
  );
  const unhook = options.signals === false ? () => {} : onSignals(judi);
  process.on("beforeExit", judi.flush);
  return judi;
}
