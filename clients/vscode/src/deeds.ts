// What a human does to tasks: add, start, stop, answer, put away. Each asks only what the daemon needs to know.
import * as vscode from "vscode";
import { type Choice, askLine, askText, choose } from "./asking";
import type { Boards } from "./boards";
import type { Connection } from "./connection";
import { say } from "./judge";
import { placeOf } from "./place";
import { counted, oneLine } from "./plain";
import type { Which } from "./reviews";
import type { Showing } from "./showing";
import type { Anchor, Document, OpenReview, QuestionView, TaskCard } from "./wire";

type Plain = "casework/task/accept" | "casework/task/restore" | "casework/task/wake" | "casework/task/stop";
type Reasoned = "casework/task/dismiss" | "casework/task/drop";
type Started = "casework/task/start" | "casework/task/retry";

const SCRIPTS = "**/*.casework.json";
const HOUR_US = 3_600_000_000;

export class Deeds {
  constructor(
    private readonly connection: Connection,
    private readonly boards: Boards,
    private readonly showing: Showing,
  ) {}

  /** Add a task; with a selection it is anchored there. */
  async newTask(): Promise<void> {
    const top = await this.repository();
    if (top === undefined) return;
    const anchor = anchorOf(top);
    const place = anchor ? `about ${anchor.path}:${anchor.line}` : "";
    const title = await askText(`New task ${place}`.trim(), "What is to be done, in one line?");
    if (!title) return;
    const task = await this.connection.deed("casework/task/add", {
      repository: top,
      title,
      ...(anchor ? { anchor } : {}),
    });
    say(`Task ${task.card.number} is in the backlog`);
  }

  /** Do what needs no word. */
  async plain(method: Plain, { top, number }: Which): Promise<void> {
    await this.connection.deed(method, { repository: top, number });
  }

  /** Do what wants a reason. */
  async reasoned(method: Reasoned, { top, number }: Which): Promise<void> {
    const title = method === "casework/task/drop" ? `Drop task ${number}: why?` : `Dismiss ${number}: why?`;
    const reason = await askLine(title, "A reason in one line; Enter alone gives none");
    if (reason !== undefined) await this.connection.deed(method, { repository: top, number, reason });
  }

  /** Let an agent work on it: the one of the settings at once, or a choice where scripts lie in the workspace. */
  async start(method: Started, { top, number }: Which): Promise<void> {
    const agent = await pickAgent(number);
    if (!agent) return;
    if (agent === "usual") {
      await this.connection.deed(method, { repository: top, number });
      return;
    }
    const script = new TextDecoder().decode(await vscode.workspace.fs.readFile(agent));
    await this.connection.deed(method, { repository: top, number, agent: "scripted", script });
  }

  /** Put it out of sight for a while. */
  async snooze({ top, number }: Which): Promise<void> {
    const hours = await choose(`Snooze task ${number}`, "Until when?", [
      { label: "For an hour", value: 1 },
      { label: "Until tomorrow", value: 24 },
      { label: "For a week", value: 168 },
    ]);
    if (hours === undefined) return;
    await this.connection.deed("casework/task/snooze", {
      repository: top,
      number,
      until: Date.now() * 1000 + hours * HOUR_US,
    });
  }

  /** Open the skeleton of missing tests, at its first case. */
  async openSkeleton({ top, number }: Which): Promise<void> {
    await show(await this.connection.request("casework/skeleton/document", { repository: top, number }));
  }

  /** Put it into the work tree: a new file, which is the human's from then on. */
  async takeSkeleton({ top, number }: Which): Promise<void> {
    const unsaved = vscode.workspace.textDocuments.find(
      (document) => document.isDirty && skeletonOf(document.uri) === number,
    );
    if (unsaved) await unsaved.save(); // what was written into it comes along
    const taken = await this.connection.deed("casework/skeleton/take", { repository: top, number });
    const before = vscode.window.activeTextEditor;
    const leaves = before !== undefined && skeletonOf(before.document.uri) === number;
    if (leaves) await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
    await show(taken);
    say(`${oneLine(vscode.workspace.asRelativePath(taken.path))} is yours to write`);
  }

  /** Answer a question: an agent's own, or one about what it wants to do. */
  async answer(which: Which, card: TaskCard): Promise<void> {
    const question = card.questions[0];
    if (!question) return;
    const answer =
      question.kind === "permission" ? await permitted(which, question) : await answered(which.number, question);
    if (answer)
      await this.connection.deed("casework/question/answer", {
        repository: which.top,
        number: which.number,
        question: question.id,
        answer,
      });
  }

  /** Open a review of a change that stands already. */
  async review(): Promise<void> {
    const top = await this.repository();
    if (top === undefined) return;
    const kind = await choose("Review a change", "Which change is to be judged?", [
      { label: "The working tree", description: "approving commits what was accepted", value: "working_tree" as const },
      { label: "A branch ...", description: "approving lands it", value: "branch" as const },
      { label: "A range of history ...", description: "read, comment, turn into tasks", value: "range" as const },
    ]);
    if (!kind) return;
    const name =
      kind === "working_tree"
        ? ""
        : await askText(
            kind === "branch" ? "Which branch?" : "Which range?",
            kind === "branch" ? "The branch's name" : "REV..REV, as git knows it",
          );
    if (name === undefined) return;
    const asked: Omit<OpenReview, "command"> = { repository: top, kind, name };
    const review = await this.connection.deed("casework/review/open", asked);
    await this.showing.open({ top, number: review.number });
  }

  /** The repository meant: the only one, the one of the file in front, or the one that the human picks. */
  async repository(): Promise<string | undefined> {
    const boards = this.boards.all();
    const file = vscode.window.activeTextEditor?.document.uri;
    const place = file && placeOf(file);
    const path = place ? place.top : file?.scheme === "file" ? file.fsPath : undefined;
    const inside = path === undefined ? undefined : this.boards.containing(path);
    if (inside) return inside.top;
    if (boards.length < 2) return boards[0]?.top;
    return choose(
      "Which repository?",
      counted(boards.length, "repository", "repositories"),
      boards.map(({ name, top }) => ({ label: name, description: top, value: top })),
    );
  }
}

/** What the human answers to an agent's own question. */
async function answered(number: number, question: QuestionView): Promise<string | undefined> {
  const title = `${number} asks: ${question.text}`;
  const free = "Something else ...";
  const choices: Choice<string>[] = question.choices.map((choice) => ({ label: choice, value: choice }));
  const chosen = choices.length ? await choose(title, question.why, [...choices, { label: free, value: free }]) : free;
  return chosen === free ? askText(title, question.why || "Your answer, in one line") : chosen;
}

/** What the human answers to what an agent wants to do; a rule is shown whole before it is made. */
async function permitted({ number }: Which, question: QuestionView): Promise<string | undefined> {
  const title = `${number} asks: ${question.text}`;
  const of = (kind: string) => question.options.filter((option) => option.kind === kind);
  const opens = [...question.hosts, ...question.places].join(", ");
  const why = question.why ? `because: ${question.why} (its words)` : opens;
  const rules = of("always");
  const choices: Choice<"once" | "always" | "no" | "why">[] = [
    { label: "y  once", description: opens, value: "once" },
    ...(rules.length
      ? [{ label: "a  always ...", description: "shows the rule first", value: "always" as const }]
      : []),
    { label: "n  no", value: "no" },
    { label: "e  no, and why ...", description: "the agent is told", value: "why" },
  ];
  const chosen = await choose(title, why, choices);
  if (chosen === "once") return of("once")[0]?.answer;
  const no = of("no")[0]?.answer;
  if (chosen === "no") return no;
  if (chosen === "always")
    return choose(
      "From now on, in this repository and without asking again",
      "The narrowest rule comes first; Escape makes none",
      rules.map((one) => ({ label: one.rule, value: one.answer })),
    );
  const reason = chosen === "why" ? await askText(title, "Why not? The agent is told") : undefined;
  return reason && no ? `${no}: ${reason}` : undefined;
}

/** The task whose skeleton a file is. */
export function skeletonOf(uri: vscode.Uri): number | undefined {
  const found = uri.scheme === "file" ? /\/casework\/skeletons\/(\d+)\/[^/]+$/.exec(uri.path) : null;
  return found?.[1] === undefined ? undefined : Number(found[1]);
}

async function show(document: Document): Promise<void> {
  const line = Math.max(0, (document.line ?? 1) - 1);
  const selection = new vscode.Range(line, 0, line, 0);
  await vscode.window.showTextDocument(vscode.Uri.parse(document.uri, true), { selection, preview: false });
}

/** Where the selection of the editor in front is; the daemon reads the saved file, so what is not saved is said. */
function anchorOf(top: string): Anchor | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.selection.isEmpty || editor.document.uri.scheme !== "file") return undefined;
  const { selection, document } = editor;
  if (!document.uri.fsPath.startsWith(`${top}/`)) return undefined;
  if (document.isDirty)
    say(`${oneLine(document.fileName)} is not saved; the task keeps the lines as they stand in the editor`);
  const end =
    selection.end.character === 0 && selection.end.line > selection.start.line
      ? selection.end.line - 1
      : selection.end.line;
  const lines = new vscode.Range(selection.start.line, 0, end, Number.MAX_SAFE_INTEGER);
  return {
    path: document.uri.fsPath.slice(top.length + 1),
    line: selection.start.line + 1,
    end_line: end + 1,
    snippet: document.getText(lines).slice(0, 2000),
  };
}

async function pickAgent(number: number): Promise<vscode.Uri | "usual" | undefined> {
  const found = await vscode.workspace.findFiles(SCRIPTS, "**/node_modules/**", 50);
  if (!found.length) return "usual";
  const scripts: Choice<vscode.Uri | "usual" | "other">[] = found
    .sort((one, other) => one.path.localeCompare(other.path))
    .map((uri) => ({
      label: uri.path.split("/").pop() ?? "",
      description: vscode.workspace.asRelativePath(uri),
      value: uri,
    }));
  const chosen = await choose(`Start task ${number}`, "Who works on it?", [
    { label: "The agent of your settings", description: "the builtin agent, unless you chose another", value: "usual" },
    ...scripts,
    { label: "Another script ...", description: "the scripted agent plays it", value: "other" },
  ]);
  if (chosen !== "other") return chosen;
  const [file] = (await vscode.window.showOpenDialog({ title: "A script", filters: { Scripts: ["json"] } })) ?? [];
  return file;
}
