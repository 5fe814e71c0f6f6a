import assert from "node:assert/strict";
import { test } from "node:test";
import { forLabel, forMarkdown, forMessage, oneLine, withoutPictures } from "../plain";

test("a label draws no icon that its text did not mean", () => {
  assert.doesNotMatch(forLabel("$(check) verified $(pass)"), /\$\(/);
});

test("a message has no link that runs a command", () => {
  assert.doesNotMatch(forMessage("see [this](command:casework.client.approve)"), /\]\(/);
});

test("one line has neither line breaks nor characters that turn the reading direction around", () => {
  assert.equal(oneLine(" a\n\tb \u202e\u2066c\u0007 "), "a b c");
});

test("letters of every script stay as they are", () => {
  assert.equal(oneLine("naïve 日本 می‌خواهم 👩‍💻"), "naïve 日本 می‌خواهم 👩‍💻");
});

test("Markdown characters stand for themselves", () => {
  assert.equal(forMarkdown("[x](command:y) **b** <img>"), "\\[x\\]\\(command:y\\) \\*\\*b\\*\\* \\<img\\>");
});

test("Markdown of others loads no picture and carries no HTML", () => {
  assert.equal(withoutPictures("![x](https://example.org/a.png)"), "!\\[x](https://example.org/a.png)");
  assert.equal(withoutPictures("<img src=x> 1 < 2"), "&lt;img src=x> 1 < 2");
});
