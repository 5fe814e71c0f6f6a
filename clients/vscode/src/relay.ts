// Starts the relay: finds Casework, asks it once how, and remembers the answer until the program changes.
// Not here: what is said over it (connection.ts).
import * as cp from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import type * as vscode from "vscode";
import { type Found, type Machine, type Start, findCasework, installCommand, isStart, parseStart } from "./finding";

const MEMORY = "casework.start";
const ASK_TIMEOUT_MS = 20_000;
const TAIL = 4_000;

/** A relay that runs, and what it says when it ends. */
export interface Relay {
  process: cp.ChildProcess;
  /** What it wrote to its standard error, the end of it. */
  said: () => string;
}

/** This machine as the search sees it. */
export const thisMachine: Machine = {
  env: process.env,
  home: os.homedir(),
  executable: async (file) => {
    try {
      await fs.access(file, fs.constants.X_OK);
      const found = await fs.stat(file);
      return found.isFile() ? found.mtimeMs : undefined;
    } catch {
      return undefined;
    }
  },
};

/** The command that a human types to install Casework here. */
export function howToInstall(): Promise<string> {
  return installCommand(thisMachine);
}

/** Say how the relay starts; undefined when there is no Casework on this machine. Throws with its words when it can't say. */
export async function relayStart(setting: string, memory: vscode.Memento): Promise<Start | undefined> {
  const found = await findCasework(setting, thisMachine);
  if (!found) return undefined;
  const remembered = await recall(found, memory);
  if (remembered) return remembered;
  const printed = await ask(found.command, ["editor-config", "vscode", "--json"]);
  const start = parseStart(printed);
  if (!start) throw new Error(`${found.command} does not say how to start its relay; it may be too old.`);
  await memory.update(MEMORY, { ...found, start });
  return start;
}

/** Forget how the relay starts: it did not. */
export async function forget(memory: vscode.Memento): Promise<void> {
  await memory.update(MEMORY, undefined);
}

/** Start the relay. */
export async function startRelay(start: Start): Promise<Relay> {
  const child = cp.spawn(start.command, start.args, { stdio: "pipe", cwd: os.homedir() });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-TAIL)));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return { process: child, said: () => said.trim() };
}

async function recall(found: Found, memory: vscode.Memento): Promise<Start | undefined> {
  const kept = memory.get<Partial<Found> & { start?: unknown }>(MEMORY);
  if (kept?.command !== found.command || kept.changedAt !== found.changedAt || !isStart(kept.start)) return undefined;
  const files = [kept.start.command, ...kept.start.args.filter((part) => part.endsWith(".py"))];
  const there = await Promise.all(files.map((file) => exists(file)));
  return there.every((one) => one) ? kept.start : undefined;
}

async function exists(file: string): Promise<boolean> {
  try {
    await fs.access(file);
    return true;
  } catch {
    return false;
  }
}

function ask(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    cp.execFile(command, args, { timeout: ASK_TIMEOUT_MS, cwd: os.homedir() }, (problem, out, err) => {
      if (problem) reject(new Error(err.trim() || problem.message));
      else resolve(out);
    });
  });
}
