// Where Casework is on this machine, and how its relay is started. The file system comes in as a port.
// Not here: starting anything (connection.ts).
import * as path from "node:path";

/** What the search looks at. */
export interface Machine {
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  /** When the file at this absolute path was last changed, in milliseconds; undefined unless it can be executed. */
  executable: (file: string) => Promise<number | undefined>;
}

/** A program that was found. */
export interface Found {
  command: string;
  changedAt: number;
}

/** How the relay is started: what `casework editor-config vscode --json` prints. */
export interface Start {
  command: string;
  args: string[];
}

/** Find the program: the setting alone when it is set, else PATH, else where uv and pipx put it. */
export async function findCasework(setting: string, machine: Machine): Promise<Found | undefined> {
  for (const command of candidates(setting, machine)) {
    const changedAt = await machine.executable(command);
    if (changedAt !== undefined) return { command, changedAt };
  }
  return undefined;
}

/** The one command that installs it, with the installer that is there. */
export async function installCommand(machine: Machine): Promise<string> {
  for (const file of onPath("uv", machine)) {
    if ((await machine.executable(file)) !== undefined) return "uv tool install casework";
  }
  return "pipx install casework";
}

/** Read what `editor-config` printed. Undefined when it is not that. */
export function parseStart(printed: string): Start | undefined {
  let value: unknown;
  try {
    value = JSON.parse(printed);
  } catch {
    return undefined;
  }
  return isStart(value) ? { command: value.command, args: value.args } : undefined;
}

/** Whether a value that was kept or printed says how to start the relay: an absolute program and its arguments. */
export function isStart(value: unknown): value is Start {
  if (typeof value !== "object" || value === null || !("command" in value) || !("args" in value)) return false;
  const { command, args } = value;
  return (
    typeof command === "string" &&
    path.isAbsolute(command) &&
    Array.isArray(args) &&
    args.every((part) => typeof part === "string")
  );
}

function candidates(setting: string, machine: Machine): string[] {
  const chosen = setting.trim();
  if (chosen) {
    const expanded = chosen.startsWith("~/") ? path.join(machine.home, chosen.slice(2)) : chosen;
    // A relative path would be looked up in the workspace, which may be anybody's.
    return path.isAbsolute(expanded) ? [expanded] : onPath(expanded, machine);
  }
  const data = machine.env.XDG_DATA_HOME ?? path.join(machine.home, ".local/share");
  const folders = [
    machine.env.UV_TOOL_BIN_DIR,
    machine.env.PIPX_BIN_DIR,
    machine.env.XDG_BIN_HOME,
    path.join(machine.home, ".local/bin"),
    path.join(data, "uv/tools/casework/bin"),
    path.join(data, "pipx/venvs/casework/bin"),
    path.join(machine.home, ".local/pipx/venvs/casework/bin"),
  ];
  const known = folders.filter((folder) => folder !== undefined).filter((folder) => path.isAbsolute(folder));
  return [...onPath("casework", machine), ...known.map((folder) => path.join(folder, "casework"))];
}

function onPath(name: string, machine: Machine): string[] {
  if (name.includes("/")) return [];
  const folders = (machine.env.PATH ?? "").split(path.delimiter);
  return folders.filter((folder) => path.isAbsolute(folder)).map((folder) => path.join(folder, name));
}
