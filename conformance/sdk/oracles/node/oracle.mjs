// npm's @bufbuild/protobuf as an oracle: `node oracle.mjs DESCRIPTOR_SET`.
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {createFileRegistry, equals, fromBinary, fromJson, toBinary, toJson} from '@bufbuild/protobuf';
import {FileDescriptorSetSchema} from '@bufbuild/protobuf/wkt';

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(process.argv[2])));

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const shown = (schema, message) => JSON.stringify(toJson(schema, message, {registry}));

function difference(vector) {
  const schema = registry.getMessage(vector.message);
  if (!schema) return 'no such message';
  const read = fromBinary(schema, Buffer.from(vector.bytes, 'hex'));
  if ('json' in vector) {
    const said = fromJson(schema, vector.json, {registry});
    if (!same(schema, said, read)) return `the bytes are ${shown(schema, read)}, and the JSON ${shown(schema, said)}`;
  }
  const again = fromBinary(schema, toBinary(schema, read));
  if (!same(schema, again, read)) return `it is ${hex(toBinary(schema, again))} when it was written and read`;
  return undefined;
}

// By its bytes where it has NaN, which equals nothing.
function same(schema, one, other) {
  return equals(schema, one, other, {registry, unpackAny: false, unknown: true}) || sorted(schema, one) === sorted(schema, other);
}

function sorted(schema, message) {
  return JSON.stringify(toJson(schema, message, {registry}), (_, value) =>
    value && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value);
}

for await (const line of createInterface({input: process.stdin})) {
  const vector = JSON.parse(line);
  const answer = {id: vector.id};
  try {
    const what = difference(vector);
    if (what) answer.difference = what.slice(0, 500);
  } catch (error) {
    answer.difference = String(error).slice(0, 500);
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
