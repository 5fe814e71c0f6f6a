import assert from "node:assert/strict";
import { test } from "node:test";
import { isDraft } from "../draft";

const draft = { id: "d", top: "/repo", number: 1, path: "a.py", hunk: null, line: 3, text: "half" };

test("what was kept is read back", () => {
  assert.equal(isDraft(draft), true);
  assert.equal(isDraft({ ...draft, hunk: "h" }), true);
});

test("anything else is no draft", () => {
  for (const value of [null, [], {}, { ...draft, text: 1 }, { ...draft, line: -1 }, { ...draft, hunk: 2 }]) {
    assert.equal(isDraft(value), false);
  }
});
