import assert from "node:assert/strict";
import { test } from "node:test";
import { taskText, whyText } from "../textof";
import { card, review } from "./factory/views";

test("a ticket stays inside its fence whatever it contains", () => {
  const text = taskText({
    card: card(9),
    id: "x",
    intent: "",
    criteria: [],
    scope: [],
    checks: [],
    ticket: "before\n```\n# Not a heading\n````\nafter",
    why: "",
    reason: "",
    runs: [],
    commit: null,
    follow_ups: [],
    comment: "",
  });
  assert.match(text, /^`{5}text\nbefore\n```\n# Not a heading\n````\nafter\n`{5}$/m);
});

test("a criterion says what is known of it, and its text is no Markdown", () => {
  const shown = review([]);
  shown.criteria = [{ id: "AC1", text: "refuses [x](y)", state: "not_checked", sentence: "repository not trusted" }];
  assert.match(whyText(shown), /^- not checked · AC1 refuses \\\[x\\\]\\\(y\\\) repository not trusted$/m);
});
