import assert from "node:assert/strict";
import { test } from "node:test";
import { isDrafts } from "../draft";

const draft = { id: "d", top: "/repo", number: 1, path: "a.py", hunk: null, line: 3, text: "half" };

test("what was kept is read back", () => {
  assert.equal(isDrafts([draft, { ...draft, hunk: "h" }]), true);
});

test("anything else is no list of drafts", () => {
  for (const value of [null, {}, [null], [{ ...draft, text: 1 }], [{ ...draft, line: -1 }], [{ ...draft, hunk: 2 }]]) {
    assert.equal(isDrafts(value), false);
  }
});
