// The board as a tree: four groups, cards in the daemon's order, the files of a waiting review below its card.
// Every card offers exactly what the daemon says is possible. Nothing is kept here.
import * as vscode from "vscode";
import { type Boards, GROUPS, type Placed } from "./boards";
import { type Colour, colour } from "./colours";
import { fileProgress, ofFile } from "./judged";
import { uriOf } from "./documents";
import type { HunkName } from "./lenses";
import { placeOf, sideOf } from "./place";
import { counted, oneLine } from "./plain";
import type { Reviews } from "./reviews";
import type { FileView, FoldView, Group, ReviewView, TaskCard } from "./wire";

export interface GroupNode {
  kind: "group";
  group: Group;
}
export interface TaskNode extends Placed {
  kind: "task";
}
export interface FileNode {
  kind: "file";
  top: string;
  number: number;
  review: ReviewView;
  file: FileView;
}
/** Hunks that are one decision. */
export interface FoldNode {
  kind: "fold";
  top: string;
  number: number;
  fold: FoldView;
}
/** Files that are read, and hidden as the settings want it. */
export interface ReadNode {
  kind: "read";
  top: string;
  number: number;
  files: FileView[];
}
export interface NewNode {
  kind: "new";
}
export type Node = GroupNode | TaskNode | FileNode | FoldNode | ReadNode | NewNode;

const TITLES: Record<Group, string> = {
  needs_you: "NEEDS YOU",
  running: "RUNNING",
  backlog: "BACKLOG",
  done: "DONE TODAY",
};

/** What a screen reader says; capitals may be spelled. */
const SPOKEN: Record<Group, string> = {
  needs_you: "Needs you",
  running: "Running",
  backlog: "Backlog",
  done: "Done today",
};

const ICONS: Record<TaskCard["icon"], [string, Colour?]> = {
  review: ["git-pull-request", "unread"],
  question: ["question", "changed"],
  failed: ["error", "rejected"],
  running: ["sync", "accepted"],
  queued: ["clock"],
  follow_up: ["flag", "changed"],
  task: ["circle-large-outline"],
  done: ["pass-filled", "accepted"],
  proposed: ["lightbulb"],
};

/** What is one decision shows it before its name: what stands behind a long name is cut off. */
const DECIDED: Record<FoldView["decision"], [string, Colour?]> = {
  none: ["fold"],
  accepted: ["pass-filled", "accepted"],
  rejected: ["error", "rejected"],
};

export class Sidebar implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.emitter.event;

  private readonly watches: vscode.Disposable[];

  constructor(
    private readonly boards: Boards,
    private readonly reviews: Reviews,
  ) {
    this.watches = [
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("casework.hideRead")) this.refresh();
      }),
      // The file in front of the human stays in sight; when they go on it may go.
      vscode.window.onDidChangeActiveTextEditor(() => hidesRead() && this.refresh()),
    ];
  }

  /** Draw anew. */
  refresh(): void {
    this.emitter.fire(undefined);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) return this.boards.all().length ? GROUPS.map((group) => ({ kind: "group", group })) : [];
    if (node.kind === "group") return this.ofGroup(node.group);
    if (node.kind !== "task" || node.card.status !== "in_review") return [];
    const review = await this.reviews.get({ top: node.top, number: node.card.number });
    const { top } = node;
    const { number } = review;
    const read = review.files.filter((file) => hidesRead() && isRead(file) && !isInFront(top, number, file));
    return [
      ...review.files
        .filter((file) => !read.includes(file))
        .map((file): Node => ({ kind: "file", top, number, review, file })),
      ...review.folds.map((fold): Node => ({ kind: "fold", top, number, fold })),
      ...(read.length ? [{ kind: "read", top, number, files: read } satisfies Node] : []),
    ];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case "group":
        return this.groupItem(node.group);
      case "task":
        return this.taskItem(node);
      case "file":
        return fileItem(node);
      case "fold":
        return foldItem(node);
      case "read":
        return readItem(node);
      case "new":
        return newItem();
    }
  }

  dispose(): void {
    for (const one of [...this.watches, this.emitter]) one.dispose();
  }

  private ofGroup(group: Group): Node[] {
    const cards: Node[] = this.boards.group(group).map((placed) => ({ kind: "task", ...placed }));
    return group === "backlog" ? [...cards, { kind: "new" }] : cards;
  }

  private groupItem(group: Group): vscode.TreeItem {
    const count = this.boards.group(group).length;
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const open = group === "done" ? Collapsed : Expanded;
    const item = new vscode.TreeItem(TITLES[group], count || group === "backlog" ? open : None);
    // The state a human chose for a group is kept by its id; a group that was empty has none to keep.
    item.id = `${group}${count ? "" : " empty"}`;
    item.description = count ? String(count) : "nothing";
    item.contextValue = " group ";
    item.accessibilityInformation = { label: `${SPOKEN[group]}, ${count ? counted(count, "task") : "nothing"}` };
    return item;
  }

  private taskItem({ top, name, card }: TaskNode): vscode.TreeItem {
    const { None, Collapsed } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(
      `${card.number}  ${oneLine(card.title)}`,
      card.status === "in_review" ? Collapsed : None,
    );
    const several = this.boards.all().length > 1;
    item.id = `${top} ${card.number}`;
    item.description = oneLine(several ? `${name} · ${card.detail}` : card.detail);
    item.tooltip = tooltip(card, several ? name : "");
    item.iconPath = icon(...ICONS[card.icon]);
    item.accessibilityInformation = { label: spoken(card, several ? name : "") };
    item.contextValue = ` task ${card.status} ${card.anchor ? "anchor " : ""}${card.actions.map((one) => `${one} `).join("")}`;
    item.command = { command: "casework.client.open", title: "Open", arguments: [{ kind: "task", top, name, card }] };
    return item;
  }
}

function fileItem({ top, number, review, file }: FileNode): vscode.TreeItem {
  const path = oneLine(file.shown_path);
  const item = new vscode.TreeItem(path.split("/").pop() ?? path, vscode.TreeItemCollapsibleState.None);
  const folder = path.split("/").slice(0, -1).join("/");
  item.id = `${top} ${number} ${file.path}`;
  item.description = [folder, fileProgress(file), remarks(file)].filter((part) => part).join(" · ");
  item.accessibilityInformation = {
    label: [path, file.status.replaceAll("_", " "), fileProgress(file), remarks(file)]
      .filter((part) => part)
      .join(", "),
  };
  item.tooltip = plainTooltip([path, file.why_here, file.mode_change].filter((part) => part));
  item.resourceUri = uriOf(sideOf(top, review, file, "head"));
  item.iconPath = vscode.ThemeIcon.File;
  const unread = unreadOf(file);
  item.checkboxState = {
    state: unread ? vscode.TreeItemCheckboxState.Unchecked : vscode.TreeItemCheckboxState.Checked,
    tooltip: unread ? `${counted(unread, "hunk")} unread: check when you have read them` : "You have read all of it",
    accessibilityInformation: { label: unread ? `${path}, ${unread} unread` : `${path}, read` },
  };
  const open = ofFile(file).some((hunk) => hunk.decision === "none");
  item.contextValue = open ? " file open " : " file ";
  item.command = {
    command: "casework.client.openFile",
    title: "Open",
    arguments: [{ kind: "file", top, number, review, file }],
  };
  return item;
}

function foldItem({ top, number, fold }: FoldNode): vscode.TreeItem {
  const item = new vscode.TreeItem(oneLine(fold.title), vscode.TreeItemCollapsibleState.None);
  const state = fold.decision === "none" ? counted(fold.hunks.length, "hunk") : fold.decision;
  item.id = `${top} ${number} fold ${fold.id}`;
  item.description = state;
  item.tooltip = plainTooltip([fold.title, "One decision decides all of it."]);
  item.iconPath = icon(...DECIDED[fold.decision]);
  item.accessibilityInformation = { label: `${oneLine(fold.title)}, one decision, ${state}` };
  item.contextValue = fold.decision === "none" ? " fold open " : " fold ";
  const hunk: HunkName = { kind: "hunk", top, number, hunk: fold.hunks[0] ?? "" };
  item.command = { command: "casework.client.openHunk", title: "Open", arguments: [hunk] };
  return item;
}

function readItem({ top, number, files }: ReadNode): vscode.TreeItem {
  const item = new vscode.TreeItem(`${counted(files.length, "file")} read`, vscode.TreeItemCollapsibleState.None);
  const open = files.flatMap(ofFile).filter((hunk) => hunk.decision === "none").length;
  item.id = `${top} ${number} read`;
  item.description = open ? `hidden · ${open} to judge` : "hidden";
  item.tooltip = plainTooltip([...files.map((file) => file.shown_path), "Click to show them."]);
  item.iconPath = icon("eye-closed");
  item.accessibilityInformation = { label: `${counted(files.length, "file")} read, ${item.description}` };
  item.contextValue = " read ";
  item.command = { command: "casework.client.showRead", title: "Show What Is Read" };
  return item;
}

function hidesRead(): boolean {
  return vscode.workspace.getConfiguration("casework").get<boolean>("hideRead", false);
}

function unreadOf(file: FileView): number {
  return ofFile(file).filter((hunk) => !hunk.seen).length;
}

function isRead(file: FileView): boolean {
  return unreadOf(file) === 0;
}

function isInFront(top: string, number: number, file: FileView): boolean {
  const uri = vscode.window.activeTextEditor?.document.uri;
  const place = uri && placeOf(uri);
  return place?.kind === "side" && place.top === top && place.number === number && place.path === file.path;
}

function remarks(file: FileView): string {
  const said = ofFile(file).reduce((sum, hunk) => sum + hunk.comments.length, 0);
  const unguarded = ofFile(file).filter((hunk) => hunk.guard === "unguarded").length;
  const stale = ofFile(file).filter((hunk) => hunk.stale).length;
  const back = ofFile(file).some((hunk) => hunk.brings_back);
  const parts = [
    back ? "brings back what you rejected" : "",
    stale ? `${stale} changed since you read` : "",
    said ? counted(said, "comment") : "",
    unguarded ? `${unguarded} unguarded` : "",
  ];
  return parts.filter((part) => part).join(" · ");
}

function newItem(): vscode.TreeItem {
  const item = new vscode.TreeItem("New task", vscode.TreeItemCollapsibleState.None);
  item.id = "new";
  item.iconPath = icon("add");
  item.contextValue = " new ";
  item.command = { command: "casework.client.newTask", title: "New task" };
  return item;
}

/** An icon says nothing to a screen reader, so its meaning is said. */
function spoken(card: TaskCard, name: string): string {
  const status = card.status.replaceAll("_", " ");
  return [`${card.number}`, oneLine(card.title), status, oneLine(card.detail), name].filter((part) => part).join(", ");
}

function tooltip(card: TaskCard, name: string): vscode.MarkdownString {
  const facts = [card.kind, card.severity ?? "", card.found_in ? `found in ${card.found_in}` : "", name];
  const asked = card.questions.map((question) => question.text);
  return plainTooltip([
    `${card.number}  ${card.title}`,
    facts.filter((fact) => fact).join(" · "),
    card.detail,
    ...asked,
  ]);
}

/** Lines of text that stand for themselves. */
function plainTooltip(lines: string[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  for (const [index, line] of lines.entries()) {
    if (index) text.appendMarkdown("\n\n");
    text.appendText(oneLine(line));
  }
  return text;
}

function icon(name: string, of?: Colour): vscode.ThemeIcon {
  return new vscode.ThemeIcon(name, of && colour(of));
}
