// The floats of old televisions against those of typed arrays.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as floats from "../src/floats.js";
import * as old from "../src/floats5.js";

const hex = (bytes) => Buffer.from(bytes, "latin1").toString("hex");

const edges = [0, -0, 1, -1, 0.1, 1.1, 5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, Number.MAX_VALUE, Infinity, -Infinity, NaN, 16777217, 1e-45, 7e-46, 1.17549435e-38, 3.4028234663852886e38, 2 ** 127];

test("arithmetic gives the bits of typed arrays", () => {
  const view = new DataView(new ArrayBuffer(8));
  const values = [...edges];
  for (let at = 0; at < 100_000; at++) {
    view.setUint32(0, Math.random() * 2 ** 32);
    view.setUint32(4, Math.random() * 2 ** 32);
    values.push(view.getFloat64(0), view.getFloat32(4));
    view.setUint8(0, view.getUint8(0) & 0x80);
    view.setUint8(1, view.getUint8(1) & 0x0f);
    values.push(view.getFloat64(0));
  }
  for (const value of values) {
    assert.equal(hex(old.double(value)), hex(floats.double(value)), String(value));
    if (Math.abs(Math.fround(value)) !== Infinity || Math.abs(value) === Infinity) {
      assert.equal(hex(old.float(value)), hex(floats.float(value)), String(value));
    }
  }
});

test("a float that is too large is an error in both", () => {
  for (const value of [3.4028235677973366e38, 1e39, -1e300]) {
    assert.throws(() => floats.float(value), { code: "out_of_range" });
    assert.throws(() => old.float(value), { code: "out_of_range" });
  }
});
