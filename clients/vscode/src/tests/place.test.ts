import assert from "node:assert/strict";
import { test } from "node:test";
import { type Place, addressOf, placeOf } from "../place";

const side: Place = {
  kind: "side",
  top: "/re po",
  number: 12,
  side: "head",
  path: '"caf\\303\\251/a?b#c.py"',
  version: "b..h",
};

test("a place comes back from its address", () => {
  for (const place of [side, { kind: "task", top: "/repo", number: 3 } as const]) {
    assert.deepEqual(placeOf(addressOf(place)), place);
  }
});

test("both sides have the path of the file, so that the language is known and nothing looks renamed", () => {
  assert.equal(addressOf({ ...side, path: "pay/charge.py" }).path, "/pay/charge.py");
  assert.equal(addressOf({ ...side, path: "pay/charge.py", side: "base" }).path, "/pay/charge.py");
});

test("an address that somebody else made is no place", () => {
  const path = "/12/now/a.py";
  for (const query of [
    "",
    "{",
    "null",
    "[]",
    '{"kind":"side"}',
    '{"kind":"side","top":"/r","number":"12","side":"base","path":"a","version":"v"}',
    '{"kind":"other","top":"/r","number":1}',
  ]) {
    assert.equal(placeOf({ scheme: "casework", path, query }), undefined, query);
  }
  assert.equal(placeOf({ ...addressOf(side), scheme: "file" }), undefined);
});
