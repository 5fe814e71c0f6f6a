import assert from "node:assert/strict";
import { test } from "node:test";
import { type Machine, findCasework, installCommand, parseStart } from "../finding";

function machine(files: string[], env: Record<string, string> = {}): Machine {
  return {
    env,
    home: "/home/ada",
    executable: (file) => Promise.resolve(files.includes(file) ? 7 : undefined),
  };
}

test("the setting is taken before everything else, and nothing else is tried", async () => {
  const here = machine(["/usr/bin/casework", "/opt/casework"], { PATH: "/usr/bin" });
  assert.deepEqual(await findCasework("/opt/casework", here), { command: "/opt/casework", changedAt: 7 });
  assert.equal(await findCasework("/opt/gone", here), undefined);
});

test("the setting may begin at home", async () => {
  assert.equal(
    (await findCasework("~/bin/casework", machine(["/home/ada/bin/casework"])))?.command,
    "/home/ada/bin/casework",
  );
});

test("a relative setting is looked up on PATH, never in the workspace", async () => {
  assert.equal(await findCasework("./casework", machine(["./casework", "/repo/casework"])), undefined);
  assert.equal((await findCasework("cw", machine(["/usr/bin/cw"], { PATH: "/usr/bin" })))?.command, "/usr/bin/cw");
});

test("relative folders of PATH are passed over: a repository may hold anything", async () => {
  const here = machine(["casework", "./casework", "bin/casework", "/usr/bin/casework"], { PATH: ":.:bin:/usr/bin" });
  assert.equal((await findCasework("", here))?.command, "/usr/bin/casework");
});

test("what uv and pipx installed is found without PATH", async () => {
  for (const file of [
    "/home/ada/.local/bin/casework",
    "/home/ada/.local/share/uv/tools/casework/bin/casework",
    "/home/ada/.local/share/pipx/venvs/casework/bin/casework",
    "/home/ada/.local/pipx/venvs/casework/bin/casework",
  ]) {
    assert.equal((await findCasework("", machine([file])))?.command, file);
  }
  const elsewhere = machine(["/tools/casework"], { UV_TOOL_BIN_DIR: "/tools" });
  assert.equal((await findCasework("", elsewhere))?.command, "/tools/casework");
});

test("the command that installs it is the one of the installer that is there", async () => {
  assert.equal(await installCommand(machine(["/usr/bin/uv"], { PATH: "/usr/bin" })), "uv tool install casework");
  assert.equal(await installCommand(machine([], { PATH: "/usr/bin" })), "pipx install casework");
});

test("only an absolute program with arguments that are text starts a relay", () => {
  assert.deepEqual(parseStart('{"command": "/usr/bin/python3", "args": ["-I", "/x/relay.py"], "more": 1}'), {
    command: "/usr/bin/python3",
    args: ["-I", "/x/relay.py"],
  });
  for (const bad of [
    "",
    "{",
    "[]",
    "null",
    '{"command": "python3", "args": []}',
    '{"command": "/p", "args": [1]}',
    '{"command": "/p"}',
  ]) {
    assert.equal(parseStart(bad), undefined, bad);
  }
});
