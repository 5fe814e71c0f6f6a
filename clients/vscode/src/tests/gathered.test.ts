import assert from "node:assert/strict";
import { test } from "node:test";
import { Gathered, sentenceOf } from "../gathered";
import { card } from "./factory/views";

const placed = (...cards: ReturnType<typeof card>[]) => cards.map((one) => ({ top: "/repo", name: "repo", card: one }));
const review = card(1, { status: "in_review" });
const failed = card(2, { status: "failed", icon: "failed" });

test("what stood there when the window opened is not news", () => {
  const gathered = new Gathered();
  gathered.take(placed(review));
  assert.deepEqual(gathered.waiting, []);
});

test("what comes is gathered until it is seen, and told once", () => {
  const gathered = new Gathered();
  gathered.take([]);
  gathered.take(placed(review));
  gathered.take(placed(review, failed));
  assert.deepEqual(gathered.waiting, ["review", "failure"]);
  gathered.seen();
  gathered.take(placed(review, failed));
  assert.deepEqual(gathered.waiting, []);
});

test("what is judged elsewhere before it was told needs nobody", () => {
  const gathered = new Gathered();
  gathered.take([]);
  gathered.take(placed(review));
  gathered.take([]);
  assert.deepEqual(gathered.waiting, []);
});

test("one sentence says how much there is of what", () => {
  assert.equal(sentenceOf(["review"]), "1 review needs you.");
  assert.equal(
    sentenceOf(["question", "review", "review", "failure"]),
    "2 reviews, 1 question and 1 task that failed need you.",
  );
});
