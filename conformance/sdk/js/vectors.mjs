// The kit's driver of vectors: `node vectors.mjs PACKAGE` reads calls in JSON, a line each, and answers with the bytes
// that the package makes of them, or with the word of its error.

import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { describe } from "./build.mjs";

const folder = resolve(process.argv[2] ?? "package");
const { createTracker } = await import(pathToFileURL(`${folder}/encoder.js`));
const schema = describe(`${folder}/driver.json`);
const tracker = createTracker((event) => Buffer.from(event.payloadBytes, "base64").toString("hex"));

for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  const { id, event, call } = JSON.parse(line);
  let answer;
  try {
    const { method, fields } = schema.call(event, call);
    answer = { id, bytes: tracker[method](fields) };
  } catch (error) {
    answer = { id, error: error.code ?? String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
