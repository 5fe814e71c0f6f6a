import assert from "node:assert/strict";
import { test } from "node:test";
import { changedLines, fileProgress, hunkAt, judged, nextOpen, progress } from "../judged";
import { file, hunk, review } from "./factory/views";

const accepted = { decision: "accepted" } as const;

test("the next one is the first undecided behind this one, over files, going round", () => {
  const shown = review([
    file("a", [hunk("a1"), hunk("a2", accepted)]),
    file("b", [], hunk("b", accepted)),
    file("c", [hunk("c1")]),
  ]);
  assert.equal(nextOpen(shown, "a1")?.hunk.id, "c1");
  assert.equal(nextOpen(shown, "c1")?.hunk.id, "a1");
  assert.equal(nextOpen(shown)?.hunk.id, "a1");
  assert.deepEqual(
    judged(shown).map((one) => one.index),
    [0, 1, 2, 3],
  );
});

test("when everything is decided there is no next one", () => {
  assert.equal(nextOpen(review([file("a", [hunk("a1", accepted)])]), "a1"), undefined);
});

test("a line belongs to the hunk that holds it, on its side", () => {
  const one = hunk("one", { old_start: 10, old_lines: 7, new_start: 12, new_lines: 9 });
  const shown = file("a", [one]);
  assert.equal(hunkAt(shown, "head", 11), undefined);
  assert.equal(hunkAt(shown, "head", 12), one);
  assert.equal(hunkAt(shown, "head", 20), one);
  assert.equal(hunkAt(shown, "head", 21), undefined);
  assert.equal(hunkAt(shown, "base", 10), one);
});

test("a hunk of a file that was added or emptied is found on the empty side", () => {
  const added = file("a", [hunk("one", { old_start: 0, old_lines: 0, new_start: 1, new_lines: 3 })]);
  assert.equal(hunkAt(added, "base", 1)?.id, "one");
  const emptied = file("a", [hunk("one", { old_start: 1, old_lines: 3, new_start: 0, new_lines: 0 })]);
  assert.equal(hunkAt(emptied, "head", 1)?.id, "one");
});

test("a file that is judged as a whole has one hunk everywhere", () => {
  assert.equal(hunkAt(file("a", [], hunk("whole")), "head", 99)?.id, "whole");
});

test("the changed lines leave the context out", () => {
  const base = ["1", "2", "3", "old", "5", "6"];
  const head = ["1", "2", "3", "new", "more", "5", "6"];
  const one = hunk("one", { old_start: 1, old_lines: 6, new_start: 1, new_lines: 7 });
  assert.deepEqual(changedLines(one, base, head), { start: 4, end: 5 });
});

test("where lines only go, the changed lines are none, at the place they went from", () => {
  const one = hunk("one", { old_start: 1, old_lines: 3, new_start: 1, new_lines: 2 });
  assert.deepEqual(changedLines(one, ["1", "gone", "3"], ["1", "3"]), { start: 2, end: 1 });
});

test("progress says what was decided and what is left", () => {
  const shown = review([file("a", [hunk("1", accepted), hunk("2", { decision: "rejected" }), hunk("3")])]);
  assert.equal(progress(shown), "1 accepted, 1 rejected, 1 to judge");
  assert.deepEqual(shown.files.map(fileProgress), ["2 of 3 judged"]);
  assert.equal(fileProgress(file("a", [hunk("1", accepted), hunk("2", accepted)])), "accepted");
  assert.equal(fileProgress(file("a", [hunk("1"), hunk("2")])), "2 hunks");
});
