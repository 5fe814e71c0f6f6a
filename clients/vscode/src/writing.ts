// Comments that are being written: a box at the hunk, and what was half-written in a window that ended.
// What was kept is shown as text first: a box would take the focus, and nobody asked for it.
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { Draft, DraftPlace } from "./draft";
import type { Drafts } from "./drafts";
import { ofFile } from "./judged";
import type { SidePlace } from "./place";
import { forMarkdown } from "./plain";
import type { FileView } from "./wire";

interface Written {
  thread: vscode.CommentThread;
  draft: Draft;
}

export class Writing {
  private readonly written = new Map<string, Written>();

  constructor(
    private readonly controller: vscode.CommentController,
    private readonly drafts: Drafts,
  ) {}

  /** Open a box at a place, for the human who asked for it; what they had begun there stands in it. */
  begin(place: DraftPlace, uri: vscode.Uri): void {
    const isThere = (draft: Draft) => (place.hunk === null ? draft.line === place.line : draft.hunk === place.hunk);
    const begun = [...this.written.values()].find(
      ({ draft, thread }) => thread.uri.toString() === uri.toString() && isThere(draft),
    );
    if (begun) {
      this.goOn(begun);
      return;
    }
    const draft = { id: randomUUID(), ...place, text: "" };
    this.drafts.expect(draft);
    this.put(uri, draft, vscode.CommentMode.Editing);
  }

  /** Put back what was half-written about a file and is in no box; what went elsewhere meanwhile goes here too. */
  async restore(document: vscode.TextDocument, place: SidePlace, file: FileView): Promise<void> {
    const waiting = new Map((await this.drafts.waiting(place)).map((draft) => [draft.id, draft]));
    for (const [id, { thread }] of this.written) {
      if (thread.uri.toString() !== document.uri.toString() || isBox(thread) || waiting.has(id)) continue;
      thread.dispose();
      this.written.delete(id);
    }
    for (const draft of waiting.values()) {
      const there = this.written.get(draft.id);
      if (there) {
        if (!isBox(there.thread) && there.draft.text !== draft.text) {
          there.draft = draft;
          there.thread.comments = [commentOf(draft.text, vscode.CommentMode.Preview)];
        }
        continue;
      }
      const hunk = ofFile(file).find((one) => one.id === draft.hunk);
      const from = hunk ? Math.max(0, hunk.new_start - 1) : 0;
      const line = Math.min(Math.max(from, draft.line), document.lineCount - 1);
      this.put(document.uri, { ...draft, line }, vscode.CommentMode.Preview);
    }
  }

  /** Drafts that are written here and now. */
  get busy(): ReadonlySet<string> {
    return new Set([...this.written].flatMap(([id, { thread }]) => (isBox(thread) ? [id] : [])));
  }

  /** Out of sight: what was typed is kept, and put back when its diff comes again. */
  hide(visible: ReadonlySet<string>): void {
    for (const [id, { thread }] of this.written) {
      if (visible.has(thread.uri.toString())) continue;
      thread.dispose();
      this.written.delete(id);
    }
  }

  /** The box that a comment stands in. */
  of(comment: vscode.Comment): Written | undefined {
    return [...this.written.values()].find(({ thread }) => thread.comments.includes(comment));
  }

  /**
   * Go on with what was half-written: now the human asked for a box. It is a thread of its own, because one that becomes
   * a box takes the focus with everything that is drawn in it later.
   */
  goOn({ thread, draft }: Written): void {
    const { text } = this.drafts.get(draft.id) ?? draft;
    const { uri } = thread;
    thread.dispose();
    this.put(uri, { ...draft, text }, vscode.CommentMode.Editing);
  }

  /** It was sent, or thrown away. */
  end({ thread, draft }: Written): void {
    this.drafts.forget(draft.id);
    this.written.delete(draft.id);
    thread.dispose();
  }

  private put(uri: vscode.Uri, draft: Draft, mode: vscode.CommentMode): void {
    const range = new vscode.Range(draft.line, 0, draft.line, 0);
    const thread = this.controller.createCommentThread(uri, range, [commentOf(draft.text, mode)]);
    thread.label = mode === vscode.CommentMode.Editing ? "New comment" : "Half-written, and kept";
    thread.contextValue = "draft";
    thread.canReply = false;
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    this.written.set(draft.id, { thread, draft });
  }
}

function isBox(thread: vscode.CommentThread): boolean {
  return thread.comments[0]?.mode === vscode.CommentMode.Editing;
}

function commentOf(text: string, mode: vscode.CommentMode): vscode.Comment {
  const writing = mode === vscode.CommentMode.Editing;
  return {
    body: writing ? text : new vscode.MarkdownString(text.split("\n").map(forMarkdown).join("\n\n")),
    mode,
    author: { name: "You, not sent yet" },
    contextValue: writing ? "draft" : "kept",
  };
}
