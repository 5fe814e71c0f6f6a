import assert from "node:assert/strict";
import { test } from "node:test";
import { hunkOf, isDraft, nameOf, settled } from "../draft";

const draft = { id: "d", top: "/repo", number: 1, path: "a.py", hunk: null, line: 3, text: "half" };

test("what was kept is read back", () => {
  assert.equal(isDraft(draft), true);
  assert.equal(isDraft({ ...draft, hunk: "h", told: "ha" }), true);
});

test("anything else is no draft", () => {
  for (const value of [null, [], {}, { ...draft, text: 1 }, { ...draft, line: -1 }, { ...draft, hunk: 2 }]) {
    assert.equal(isDraft(value), false);
  }
  assert.equal(isDraft({ ...draft, told: 1 }), false);
});

test("a hunk has one name in every editor, and a line between hunks has none", () => {
  assert.equal(nameOf({ ...draft, hunk: "h" }), "comment/h");
  assert.equal(nameOf(draft), undefined);
  assert.equal(hunkOf("comment/h"), "h");
  for (const other of ["comment/", "file/a.py", "request"]) assert.equal(hunkOf(other), undefined);
});

test("what another editor wrote on stands here, and what it sent or threw away does not", () => {
  assert.equal(settled(undefined, "half a word"), "half a word");
  assert.equal(settled({ ...draft, told: "half" }, "half a word"), "half a word");
  assert.equal(settled({ ...draft, told: "half" }, undefined), undefined);
});

test("what only this editor has is never lost", () => {
  assert.equal(settled(draft, undefined), "half");
  assert.equal(settled({ ...draft, told: "ha" }, undefined), "half");
  assert.equal(settled({ ...draft, text: "half a word", told: "half" }, "half"), "half a word");
  assert.equal(settled({ ...draft, text: "mine", told: "" }, "theirs"), "theirs\n\nmine");
});
