// npm's @bufbuild/protobuf as an oracle: `node oracle.mjs DESCRIPTOR_SET`.
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {createFileRegistry, equals, fromBinary, fromJson, toBinary, toJson} from '@bufbuild/protobuf';
import {FileDescriptorSetSchema} from '@bufbuild/protobuf/wkt';

const registry = createFileRegistry(inOrder(fromBinary(FileDescriptorSetSchema, readFileSync(process.argv[2]))));

// The registry wants files behind those that they import.
function inOrder(set) {
  const files = new Map(set.file.map((file) => [file.name, file]));
  const ready = new Set();
  const add = (name) => {
    const file = files.get(name);
    if (!file || ready.has(file)) return;
    file.dependency.forEach(add);
    ready.add(file);
  };
  set.file.forEach((file) => add(file.name));
  return {...set, file: [...ready]};
}

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
    const names = registry.getMessage(vector.message)?.fields.map((field) => field.localName);
    if (new Set(names).size < names?.length) {
      answer.passed_over = 'it keeps two fields of the message under one name';
    }
    const what = answer.passed_over ? undefined : difference(vector);
    if (what) answer.difference = what.slice(0, 500);
  } catch (error) {
    answer.difference = String(error).slice(0, 500);
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
