import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../backoff";

test("the pauses double up to a bound, and begin anew after a connection that held", () => {
  const backoff = new Backoff();
  const pauses = Array.from({ length: 9 }, () => backoff.after(10));
  assert.deepEqual(pauses, [200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000]);
  assert.equal(backoff.after(60_000), 200);
  assert.equal(backoff.after(10), 400);
  backoff.reset();
  assert.equal(backoff.after(10), 200);
});
