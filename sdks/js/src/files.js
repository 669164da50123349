// A queue in files. A journal has a line per change; what was not written whole when the process died is no line. One
// process has a folder at a time: a second keeps one beside it, and takes over what others left behind.

import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const SLOTS = 64;
// A journal that has grown by this much is written anew.
const JOURNAL_BYTES = 4e6;

/** When a process began, so that another one with its number is not taken for it. */
function beganAt(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, "").split(" ")[19];
  } catch {
    return "";
  }
}

function isAlive(owner) {
  const [pid, began] = owner.split(" ");
  if (!(pid > 0)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (error.code !== "EPERM") return false;
  }
  return beganAt(pid) === (began ?? "");
}

/** Whether the folder is ours now. */
function lock(folder) {
  const path = join(folder, "lock");
  const us = `${process.pid} ${beganAt(process.pid)}`;
  for (let tries = 0; tries < 3; tries++) {
    try {
      const file = openSync(path, "wx");
      writeSync(file, us);
      closeSync(file);
      return true;
    } catch (error) {
      if (error.code !== "EEXIST") return false;
    }
    try {
      const owner = readFileSync(path, "utf8");
      if (isAlive(owner)) return false;
      const aside = `${path}.${process.pid}`;
      renameSync(path, aside);
      // Somebody else was quicker: it is theirs.
      if (readFileSync(aside, "utf8") !== owner) {
        renameSync(aside, path);
        return false;
      }
      unlinkSync(aside);
    } catch {
      // It is gone: the next try tells.
    }
  }
  return false;
}

function load(folder) {
  let meta = {};
  const records = new Map();
  let text = "";
  try {
    text = readFileSync(join(folder, "journal"), "utf8");
  } catch {
    // There is none yet.
  }
  for (const line of text.split("\n")) {
    try {
      const change = JSON.parse(line);
      meta = change.meta ?? meta;
      for (const record of change.added ?? []) records.set(record.i, record);
      for (const id of change.gone ?? []) records.delete(id);
    } catch {
      // Cut off when the process died: nobody was told that it is kept.
    }
  }
  return { meta, records };
}

/** The queue in a folder; undefined where it cannot be written. */
export function openFiles(folder) {
  for (let slot = 0; slot < SLOTS; slot++) {
    const own = join(folder, `queue-${slot}`);
    try {
      mkdirSync(own, { recursive: true });
    } catch {
      return undefined;
    }
    if (lock(own)) return queueIn(folder, own);
  }
  return undefined;
}

/** What processes that are gone have left in folders of their own. */
function orphans(folder, own) {
  const found = [];
  for (const name of readdirSync(folder)) {
    const other = join(folder, name);
    if (other === own || !name.startsWith("queue-") || !existsSync(join(other, "journal")) || !lock(other)) continue;
    found.push({ other, records: [...load(other).records.values()] });
  }
  return found;
}

function queueIn(folder, own) {
  const path = join(own, "journal");
  let { meta, records } = load(own);
  let size = JOURNAL_BYTES;
  let file;
  let work = Promise.resolve();

  function sum() {
    meta.n = records.size;
    meta.b = 0;
    for (const record of records.values()) meta.b += record.z;
  }

  async function append(change) {
    const text = `${JSON.stringify(change)}\n`;
    if (!file || size >= JOURNAL_BYTES) {
      await file?.close();
      file = undefined;
      const whole = `${JSON.stringify({ added: [...records.values()], meta })}\n`;
      await writeFile(`${path}.new`, whole);
      await rename(`${path}.new`, path);
      file = await open(path, "a");
      size = 0;
    }
    await file.appendFile(text);
    size += text.length;
  }

  function later(change, done) {
    work = work.then(() => append(change)).then(
      () => done(0, meta),
      (error) => {
        for (const record of change.added) records.delete(record.i);
        sum();
        done(error, meta);
      },
    );
  }

  const adopted = orphans(folder, own);
  for (const { records: left } of adopted) for (const record of left) records.set(record.i, record);
  sum();
  if (adopted.length) {
    later({ added: [...records.values()], meta }, (error) => {
      for (const { other } of adopted) {
        if (error) unlinkSync(join(other, "lock"));
        else rmSync(other, { recursive: true, force: true });
      }
    });
  }
  return {
    isPersistent: true,
    write(change, gone, done) {
      const added = change(meta);
      for (const record of added) records.set(record.i, record);
      for (const record of gone) records.delete(record.i);
      sum();
      later({ added, gone: gone.map((record) => record.i), meta: { ...meta } }, done);
    },
    take(claim, count, done) {
      done(claim(meta) ? [...records.values()].slice(0, count) : [], meta);
    },
    /** Ends with everything written, and gives the folder to whoever comes. */
    close(done) {
      work = work.then(async () => {
        await file?.close();
        unlinkSync(join(own, "lock"));
      }).catch(() => {}).then(done);
    },
  };
}
