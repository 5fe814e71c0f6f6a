// Ties every command of package.json to what does it. A problem with what the human asked for is told to them here.
import * as vscode from "vscode";
import { choose } from "./asking";
import type { Boards } from "./boards";
import type { Connection } from "./connection";
import { type Deeds, skeletonOf } from "./deeds";
import { uriOf } from "./documents";
import { type Judge, say } from "./judge";
import { tell } from "./middleware";
import { judged } from "./judged";
import { type HunkName, isHunk } from "./lenses";
import { placeOf } from "./place";
import { counted } from "./plain";
import { howToInstall } from "./relay";
import type { Reviews, Which } from "./reviews";
import type { Showing } from "./showing";
import type { FileNode, FoldNode, TaskNode } from "./sidebar";
import { type Talk, isAboutAll, whichReview } from "./talk";
import type { Verdict } from "./verdict";
import type { Group, TaskCard } from "./wire";

export interface Parts {
  connection: Connection;
  boards: Boards;
  reviews: Reviews;
  showing: Showing;
  deeds: Deeds;
  judge: Judge;
  verdict: Verdict;
  talk: Talk;
  log: vscode.LogOutputChannel;
}

type Act = (argument: unknown) => unknown;

/** Register every command. */
export function register(parts: Parts): vscode.Disposable[] {
  const acts: Record<string, Act> = { ...windowActs(parts), ...reviewActs(parts), ...taskActs(parts) };
  return Object.entries(acts).map(([name, act]) =>
    vscode.commands.registerCommand(`casework.client.${name}`, async (argument: unknown) => {
      try {
        await act(argument);
      } catch (problem) {
        parts.log.info(`${name}: ${String(problem)}`);
        tell(problem);
      }
    }),
  );
}

function windowActs(parts: Parts): Record<string, Act> {
  const { connection, deeds, log } = parts;
  return {
    next: () => next(parts),
    newTask: () => deeds.newTask(),
    review: () => deeds.review(),
    reconnect: () => connection.reconnect(),
    install: () => install(connection),
    showLog: () => log.show(),
    hideRead: () => hideRead(true),
    showRead: () => hideRead(false),
    keys: () => keys(),
    walkthrough: () =>
      vscode.commands.executeCommand("workbench.action.openWalkthrough", "casework-dev.casework#start", false),
    open: (node) => (isTask(node) ? open(parts, node, node.card) : undefined),
    openFile: (node) => (isFile(node) ? parts.showing.openFile(whichOf(node), node.file.path) : undefined),
    openCode: (node) => (isTask(node) ? openCode(node) : undefined),
    openDocument: async (node) => {
      const which = await theReview(parts, node);
      if (!which) return;
      const document = await connection.request("casework/review/document", {
        repository: which.top,
        number: which.number,
      });
      await vscode.window.showTextDocument(vscode.Uri.parse(document.uri, true), { preview: false });
    },
  };
}

function reviewActs(parts: Parts): Record<string, Act> {
  const { judge, verdict, talk, showing } = parts;
  // Which review is meant is seen when the keys before have had their effect: they may have brought another file.
  const then = (act: (which: Which) => Promise<void>) => (node: unknown) =>
    judge.behind(async () => {
      const which = await theReview(parts, node);
      if (which) await act(which);
    });
  const on = (act: (which: Which) => Promise<void>) => (node: unknown) =>
    judge.isEarly(node) ? undefined : then(act)(node);
  return {
    acceptHunk: (hunk) => judge.accept(hunkOf(hunk)),
    rejectHunk: (hunk) => judge.reject(hunkOf(hunk)),
    comment: (hunk) => judge.comment(isHunk(hunk) ? hunk : undefined),
    takeBack: (hunk) => judge.takeBack(isHunk(hunk) ? hunk : undefined),
    openHunk: (hunk) => (isHunk(hunk) ? judge.open(hunk) : undefined),
    acceptFile: (node) => judge.acceptFile(isFile(node) ? { ...whichOf(node), path: node.file.path } : undefined),
    sendComment: (reply) => judge.behind(() => talk.send(reply as vscode.CommentReply)),
    resolveThread: (thread) => talk.resolve(thread as vscode.CommentThread, true),
    reopenThread: (thread) => talk.resolve(thread as vscode.CommentThread, false),
    sendDraft: (comment) => judge.behind(() => talk.sendDraft(comment as vscode.Comment)),
    goOnDraft: (comment) => talk.goOnDraft(comment as vscode.Comment),
    dropDraft: (comment) => talk.dropDraft(comment as vscode.Comment),
    approveReply: (reply) =>
      judge.behind(async () => {
        const which = await talk.sendBefore(reply as vscode.CommentReply);
        if (which) await verdict.approve(which);
      }),
    requestReply: (reply) =>
      judge.behind(async () => {
        const said = reply as vscode.CommentReply;
        const whole = isAboutAll(said.thread);
        const which = whole ? whichReview(said.thread) : await talk.sendBefore(said);
        if (which) await verdict.requestChanges(which, whole ? said.text.trim() : "");
      }),
    whole: on((which) => showing.turn(which)),
    approve: on((which) => verdict.approve(which)),
    approveAs: on((which) => verdict.approve(which, true)),
    requestChanges: (node) =>
      judge.isEarly(node) ? undefined : judge.writing(() => then((which) => verdict.requestChanges(which))(node)),
    doneReading: on((which) => verdict.doneReading(which)),
    undo: async (node) => {
      const which = await theTask(parts, node, "casework.review.undo", "Which landing is to be taken back?");
      if (which) await verdict.undo(which);
    },
  };
}

function taskActs(parts: Parts): Record<string, Act> {
  const { deeds } = parts;
  const on = (command: string, act: (which: Which, card: TaskCard) => Promise<void>) => async (node: unknown) => {
    const found = await theTask(parts, node, command, "Which task?");
    const card = found && parts.boards.card(found.top, found.number);
    if (found && card) await act(found, card);
  };
  return {
    acceptTask: on("casework.task.accept", (which) => deeds.plain("casework/task/accept", which)),
    restore: on("casework.task.restore", (which) => deeds.plain("casework/task/restore", which)),
    wake: on("casework.task.wake", (which) => deeds.plain("casework/task/wake", which)),
    stop: on("casework.task.stop", (which) => deeds.plain("casework/task/stop", which)),
    dismiss: on("casework.task.dismiss", (which) => deeds.reasoned("casework/task/dismiss", which)),
    drop: on("casework.task.drop", (which) => deeds.reasoned("casework/task/drop", which)),
    start: on("casework.task.start", (which) => deeds.start("casework/task/start", which)),
    retry: on("casework.task.retry", (which) => deeds.start("casework/task/retry", which)),
    snooze: on("casework.task.snooze", (which) => deeds.snooze(which)),
    answer: on("casework.question.answer", (which, card) => deeds.answer(which, card)),
    openTask: on("", (which) => openTask(which)),
    openSkeleton: on("casework.skeleton.document", (which) => deeds.openSkeleton(which)),
    takeSkeleton: on("casework.skeleton.take", (which) => deeds.takeSkeleton(which)),
  };
}

/** A setting, so that it holds in the next window too. */
async function hideRead(hidden: boolean): Promise<void> {
  const { Global } = vscode.ConfigurationTarget;
  await vscode.workspace.getConfiguration("casework").update("hideRead", hidden, Global);
}

/** Go to the next thing that needs the human: in the review before them, then wherever it is. */
async function next(parts: Parts): Promise<void> {
  const { connection, boards, reviews, showing } = parts;
  const here = await showing.here();
  const order = boards.all().sort((one, other) => Number(other.top === here?.top) - Number(one.top === here?.top));
  for (const { top, name } of order) {
    const from = here?.top === top ? { number: here.number, hunk: here.hunk ?? null } : {};
    const found = await connection.request("casework/review/next", { repository: top, ...from });
    if (!found.card) continue;
    const which = { top, number: found.card.number };
    const review = found.kind === "hunk" ? await reviews.read(which) : undefined;
    const one = review && judged(review).find(({ hunk }) => hunk.id === found.hunk);
    if (review && one) {
      await showing.bring(top, review, one);
      await showing.backToDiff(); // the focus may have been in the sidebar, beside the diff that is open already
    } else await open(parts, { top, name, card: found.card, kind: "task" }, found.card);
    if (found.kind === "verdict") say(found.sentence);
    return;
  }
  say("Nothing needs you");
}

/** Open what a card is about: its review, its question, its skeleton, or everything that is known of it. */
async function open({ showing, deeds }: Parts, { top }: TaskNode, card: TaskCard): Promise<void> {
  const which = { top, number: card.number };
  if (card.status === "in_review") return showing.open(which);
  if (card.questions.length) return deeds.answer(which, card);
  const waits = card.status === "proposed" || card.status === "backlog";
  if (waits && card.actions.includes("casework.skeleton.document")) return deeds.openSkeleton(which);
  await openTask(which);
}

async function openTask(which: Which): Promise<void> {
  await vscode.window.showTextDocument(uriOf({ kind: "task", ...which }), { preview: true });
}

async function openCode({ top, card }: TaskNode): Promise<void> {
  if (!card.anchor) return;
  const line = card.anchor.line - 1;
  const file = vscode.Uri.joinPath(vscode.Uri.file(top), card.anchor.path);
  await vscode.window.showTextDocument(file, { selection: new vscode.Range(line, 0, line, 0) });
}

/** The review meant: the one clicked on, the one in front, the only one that waits, or the one that the human picks. */
async function theReview(parts: Parts, node: unknown): Promise<Which | undefined> {
  if (isTask(node)) return whichOf(node);
  const place = vscode.window.activeTextEditor && placeOf(vscode.window.activeTextEditor.document.uri);
  if (place?.kind === "side") return { top: place.top, number: place.number };
  return pick(parts, (card) => card.status === "in_review", "Which review?", ["needs_you"]);
}

async function theTask(parts: Parts, node: unknown, command: string, question: string): Promise<Which | undefined> {
  if (isTask(node)) return whichOf(node);
  if (command === "casework.skeleton.take" && node instanceof vscode.Uri) return ofSkeleton(parts, node);
  return pick(parts, (card) => !command || card.actions.includes(command), question, [
    "needs_you",
    "running",
    "backlog",
    "done",
  ]);
}

/** The task whose skeleton a file is; the repository is that of the git directory it lies in. */
function ofSkeleton(parts: Parts, uri: vscode.Uri): Which | undefined {
  const number = skeletonOf(uri);
  const board = parts.boards.containing(uri.fsPath) ?? parts.boards.containing(undefined);
  return number === undefined || !board ? undefined : { top: board.top, number };
}

async function pick(
  parts: Parts,
  fits: (card: TaskCard) => boolean,
  question: string,
  groups: Group[],
): Promise<Which | undefined> {
  const found = groups.flatMap((group) => parts.boards.group(group)).filter(({ card }) => fits(card));
  if (!found.length) say("There is none now");
  const choices = found.map(({ top, card }) => ({
    label: `${card.number}  ${card.title}`,
    description: card.detail,
    value: { top, number: card.number },
  }));
  return found.length ? choose(question, counted(found.length, "task"), choices) : undefined;
}

async function install(connection: Connection): Promise<void> {
  const command = await howToInstall();
  const copy = "Copy the command";
  const again = "Try again";
  const chosen = await vscode.window.showWarningMessage(
    `Casework is not installed on this machine. Install it with: ${command}`,
    copy,
    again,
  );
  if (chosen === copy) await vscode.env.clipboard.writeText(command);
  else if (chosen === again) connection.reconnect();
}

async function keys(): Promise<void> {
  const rows: [string, string, string][] = [
    ["a", "Accept the hunk and go on", "acceptHunk"],
    ["r", "Reject the hunk with a reason and go on", "rejectHunk"],
    ["c", "Comment on the hunk; Ctrl+Enter sends", "comment"],
    ["u", "Take the last decision back", "takeBack"],
    ["S", "Accept the rest of the file", "acceptFile"],
    ["A", "Approve", "approve"],
    ["R", "Request changes", "requestChanges"],
    ["w", "The whole review in one tab, or the file alone", "whole"],
    ["Ctrl+K Ctrl+G", "The next thing that needs you", "next"],
  ];
  const chosen = await choose(
    "Keys of a review",
    "Alt+F5 and Shift+Alt+F5 move without judging",
    rows.map(([key, label, value]) => ({ label, description: key, value })),
  );
  if (chosen) await vscode.commands.executeCommand(`casework.client.${chosen}`);
}

/** The hunk that a command was given, or the first one of a fold. */
function hunkOf(value: unknown): HunkName | undefined {
  if (isHunk(value)) return value;
  const fold = typeof value === "object" && value !== null ? (value as Partial<FoldNode>) : {};
  if (fold.kind !== "fold" || fold.top === undefined || fold.number === undefined) return undefined;
  return { kind: "hunk", top: fold.top, number: fold.number, hunk: fold.fold?.hunks[0] ?? "" };
}

function whichOf(node: TaskNode | FileNode): Which {
  return { top: node.top, number: node.kind === "task" ? node.card.number : node.number };
}

function isTask(node: unknown): node is TaskNode {
  return typeof node === "object" && node !== null && (node as { kind?: unknown }).kind === "task";
}

function isFile(node: unknown): node is FileNode {
  return typeof node === "object" && node !== null && (node as { kind?: unknown }).kind === "file";
}
