import assert from "node:assert/strict";
import { test } from "node:test";
import { Boards, folded, taken } from "../boards";
import type { Board, BoardChanged } from "../wire";
import { board, card } from "./factory/views";

const change = (before: number, cursor: number, ...cards: BoardChanged["cards"]): BoardChanged => ({
  repository: "id",
  before,
  cursor,
  cards,
});

test("a change behind the cursor moves the card and the cursor", () => {
  const after = folded(taken(board(4, [card(1), card(2)])), change(4, 6, card(1, { group: "running" })));
  assert.equal(after?.cursor, 6);
  assert.deepEqual(
    [...after.cards.values()].map((one) => [one.number, one.group]),
    [
      [1, "running"],
      [2, "backlog"],
    ],
  );
});

test("a card without a group leaves the board", () => {
  const after = folded(taken(board(4, [card(1)])), change(4, 5, card(1, { group: null })));
  assert.equal(after?.cards.size, 0);
});

test("a change that is known already changes nothing", () => {
  const before = taken(board(4, [card(1)]));
  assert.equal(folded(before, change(3, 4, card(1, { group: null }))), before);
});

test("a change with a gap before it asks for a new snapshot", () => {
  assert.equal(folded(taken(board(4, [])), change(5, 6, card(1))), undefined);
});

function daemon(...answers: Board[]) {
  const asked: ((one: Board) => void)[] = [];
  const source = {
    repositories: () => Promise.resolve([{ id: "id", top: "/repo", name: "repo", trusted: false, warning: "" }]),
    board: () => new Promise<Board>((resolve) => asked.push(resolve)),
  };
  const answer = async () => {
    while (!asked.length) await new Promise(setImmediate);
    asked.shift()!(answers.shift()!);
  };
  return { source, answer };
}

test("what is told while the snapshot is under way is folded in behind it", async () => {
  const { source, answer } = daemon(board(4, [card(1)]));
  const boards = new Boards(source, () => undefined);
  const reading = boards.refresh();
  await new Promise(setImmediate);
  await boards.take(change(4, 5, card(2)));
  await answer();
  await reading;
  assert.deepEqual(
    boards.group("backlog").map((one) => one.card.number),
    [1, 2],
  );
});

test("a gap is healed by reading the board again", async () => {
  const { source, answer } = daemon(board(4, [card(1)]), board(9, [card(1), card(2), card(3)]));
  let drawn = 0;
  const boards = new Boards(source, () => drawn++);
  const reading = boards.refresh();
  await answer();
  await reading;
  const taking = boards.take(change(8, 9, card(3)));
  await answer();
  await taking;
  assert.deepEqual(
    boards.group("backlog").map((one) => one.card.number),
    [1, 2, 3],
  );
  assert.equal(drawn, 2);
});

test("an answer that comes after the connection was lost is not shown", async () => {
  const { source, answer } = daemon(board(4, [card(1)]));
  const boards = new Boards(source, () => undefined);
  const reading = boards.refresh();
  await new Promise(setImmediate);
  boards.clear();
  await answer();
  await reading;
  assert.deepEqual(boards.all(), []);
});

test("cards stand in the daemon's order", async () => {
  const { source, answer } = daemon(board(4, [card(1, { order: 9 }), card(2, { order: 3 }), card(3, { order: 3 })]));
  const boards = new Boards(source, () => undefined);
  const reading = boards.refresh();
  await answer();
  await reading;
  assert.deepEqual(
    boards.group("backlog").map((one) => one.card.number),
    [2, 3, 1],
  );
});
