// Which threads a file of a review has, and what stands in each: what changed and why, what changed since it was read,
// what was said about a hunk, a line, the file or the whole. Nothing is sent from here.
import * as vscode from "vscode";
import { changedLines, ofFile } from "./judged";
import { forMarkdown, oneLine, withoutPictures } from "./plain";
import { sinceText, whyText } from "./textof";
import type { CommentView, FileView, HunkView, ReviewView } from "./wire";

/** One thread as it should stand. */
export interface Wanted {
  key: string;
  /** 1-based. */
  line: number;
  label: string;
  comments: vscode.Comment[];
  /** The daemon's name of it; empty where nothing can be answered there. */
  thread: string;
  kind: "why" | "note" | "open" | "resolved";
  /** One that needs nobody: settled, or about code that is gone and nobody said more. */
  closed: boolean;
}

/** Every thread of one file. */
export function wantedThreads(review: ReviewView, file: FileView, base: string[], head: string[]): Wanted[] {
  const within = (at: number) => Math.max(1, Math.min(at, head.length));
  const lineOf = (hunk: HunkView | undefined) => {
    const { start, end } = hunk ? changedLines(hunk, base, head) : { start: 1, end: 1 };
    return within(Math.max(start, end));
  };
  const found: Wanted[] = [];
  const first = review.files[0] === file;
  const top = lineOf(file.hunks[0]);
  const showWhy = vscode.workspace.getConfiguration("casework").get<boolean>("showWhy", true);
  if (showWhy && first) {
    const label = `Review ${review.number}: ${oneLine(review.title)}`;
    const why = said("why", "Casework", new vscode.MarkdownString(whyText(review)));
    found.push({ key: "why", line: top, label, comments: [why], thread: "", kind: "why", closed: false });
  }
  for (const hunk of ofFile(file)) {
    const line = lineOf(file.whole ? undefined : hunk);
    found.push(...notes(hunk, line), ...threadsOf(hunk.comments, () => line));
  }
  const here = review.comments.filter((one) => isHere(one, file, first));
  // What has no line of its own stands below the first hunk, behind what and why: the code comes first.
  const placed = ({ anchor, path }: CommentView) =>
    anchor ? within(anchor.end_line ?? anchor.line) : path ? within(1) : top;
  found.push(...threadsOf(here, placed));
  return found;
}

/** A comment as it is drawn. */
export function said(id: string, name: string, body: vscode.MarkdownString): vscode.Comment {
  return { body, mode: vscode.CommentMode.Preview, author: { name }, contextValue: id };
}

/** On a line or the whole of this file; what is about the whole review, or about what is gone, stands at the first one. */
function isHere(one: CommentView, file: FileView, first: boolean): boolean {
  const path = one.anchor?.path ?? one.path;
  return path ? path === file.path : first;
}

/** What the human must know of a hunk that they read before. */
function notes(hunk: HunkView, line: number): Wanted[] {
  const texts: [string, string, string][] = [
    ["back", "Brings back what you rejected", hunk.brings_back && `**${forMarkdown(hunk.brings_back)}**`],
    ["since", "Changed since you read it", hunk.stale ? sinceText(hunk) : ""],
    [
      "unseen",
      "Not what it looks like",
      hunk.marks.map(({ line, text }) => `- line ${line} ${forMarkdown(text)}`).join("\n"),
    ],
  ];
  return texts
    .filter(([, , text]) => text)
    .map(([key, label, text]) => ({
      key: `${key} ${hunk.id}`,
      line,
      label,
      comments: [said(key, "Casework", new vscode.MarkdownString(text))],
      thread: "",
      kind: "note",
      closed: false,
    }));
}

function threadsOf(comments: CommentView[], lineOf: (begun: CommentView) => number): Wanted[] {
  return comments
    .filter((one) => one.id === one.thread)
    .map((begun) => {
      const all = comments.filter((one) => one.thread === begun.thread);
      const state = [begun.outdated ? "Outdated" : "", begun.resolved ? "Resolved" : "Comment"];
      return {
        key: begun.thread,
        line: lineOf(begun),
        label: state.filter((one) => one).join(" · "),
        comments: all.map(commentOf),
        thread: begun.thread,
        kind: begun.resolved ? "resolved" : "open",
        closed: begun.resolved || (begun.outdated && all.at(-1)?.by_kind === "human"),
      };
    });
}

function commentOf(comment: CommentView): vscode.Comment {
  const by = comment.by_kind === "human" ? comment.by : `${comment.by} (${comment.by_kind})`;
  return said(comment.id, oneLine(by), new vscode.MarkdownString(withoutPictures(comment.text)));
}
