// Comments beside the code: what the change does and why, and what humans said about its hunks.
// A thread is drawn from the review each time it changes; what is being typed into one is never touched.
import * as vscode from "vscode";
import type { Connection } from "./connection";
import type { DraftPlace } from "./draft";
import type { Drafts } from "./drafts";
import { changedLines, hunkAt, ofFile } from "./judged";
import { type SidePlace, placeOf, versionOf } from "./place";
import { withoutPictures } from "./plain";
import type { Reviews, Which } from "./reviews";
import type { Showing } from "./showing";
import { type Wanted, said, wantedThreads } from "./threads";
import type { AddComment, FileView, HunkView } from "./wire";
import { Writing } from "./writing";

/** So long a box waits for what other editors have of it. */
const OTHERS_MS = 500;

export class Talk implements vscode.Disposable {
  private readonly controller = vscode.comments.createCommentController("casework", "Casework");
  private readonly threads = new Map<string, vscode.CommentThread>();
  /** What the daemon calls the threads that it knows. */
  private readonly names = new WeakMap<vscode.CommentThread, string>();
  private readonly writing: Writing;
  /** Documents in sight for which other editors' half-written comments were asked for. */
  private readonly asked = new Set<string>();
  private readonly watches: vscode.Disposable[];

  constructor(
    private readonly connection: Connection,
    private readonly reviews: Reviews,
    private readonly showing: Showing,
    private readonly drafts: Drafts,
  ) {
    this.writing = new Writing(this.controller, drafts);
    this.controller.options = {
      prompt: "Comment, approve or request changes",
      placeHolder: "What is to change, or is not clear? Ctrl+Enter sends the comment.",
    };
    this.controller.commentingRangeProvider = { provideCommentingRanges: (document) => everywhere(document) };
    this.watches = [
      reviews.onChanged(() => this.draw()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
      // Whoever comes back may have written on in another editor meanwhile.
      vscode.window.onDidChangeWindowState(({ focused }) => focused && this.again()),
      connection.onReady(() => this.again()),
    ];
  }

  /** Draw the threads of what is visible. */
  draw(): void {
    const visible = new Set(vscode.window.visibleTextEditors.map((editor) => editor.document.uri.toString()));
    for (const [name, thread] of this.threads) {
      if (!visible.has(thread.uri.toString())) {
        thread.dispose();
        this.threads.delete(name);
      }
    }
    for (const name of this.asked) if (!visible.has(name)) this.asked.delete(name);
    this.writing.hide(visible);
    for (const editor of vscode.window.visibleTextEditors) void this.drawOne(editor.document);
  }

  /** Send what was typed into a box. */
  async send({ thread, text }: vscode.CommentReply): Promise<void> {
    const place = placeOf(thread.uri);
    if (place?.kind !== "side" || !text.trim()) return;
    const review = await this.reviews.get(place);
    const file = review.files.find((one) => one.path === place.path);
    const ours = [...this.threads.values()].includes(thread);
    const name = this.names.get(thread);
    const params = asked(place, text, thread, file);
    // What was typed stands as a comment from now on, so that the next keys are for the diff again.
    const before = thread.comments;
    thread.comments = [...before, said("sending", "sending ...", new vscode.MarkdownString(withoutPictures(text)))];
    thread.canReply = ours;
    await this.showing.backToDiff();
    try {
      const reply = { repository: place.top, number: place.number, thread: name ?? "", text };
      if (name) await this.connection.deed("casework/review/reply", reply);
      else await this.connection.deed("casework/review/comment", params);
      await this.reviews.read(place);
      if (!ours) thread.dispose();
    } catch (problem) {
      thread.comments = [...before, said("unsent", "not sent", new vscode.MarkdownString(withoutPictures(text)))];
      thread.canReply = true;
      throw problem;
    }
  }

  /** Settle a thread, or take it up again. */
  async resolve(thread: vscode.CommentThread, resolved: boolean): Promise<void> {
    const name = this.names.get(thread);
    const which = whichReview(thread);
    if (!name || !which) return;
    const asked = { repository: which.top, number: which.number, thread: name, resolved };
    this.reviews.put(which.top, await this.connection.deed("casework/review/resolve", asked));
  }

  /** Open a box at a place of a review, with what was begun there in any editor. */
  async write(place: DraftPlace, document: vscode.TextDocument): Promise<void> {
    const patience = new Promise((resolve) => setTimeout(resolve, OTHERS_MS));
    await Promise.race([this.ask(document).then(() => this.drawOne(document)), patience]);
    this.writing.begin(place, document.uri);
  }

  /** Send what is being written, as it stands now. */
  async sendDraft(comment: vscode.Comment): Promise<void> {
    const written = this.writing.of(comment);
    const kept = written && this.drafts.get(written.draft.id)?.text;
    const typed = comment.mode === vscode.CommentMode.Editing && typeof comment.body === "string" ? comment.body : "";
    const text = typed || kept || "";
    if (!written) return;
    if (!text.trim()) return this.dropDraft(comment); // VS Code took the box away already: nothing said is nothing begun
    const { top, number, path, hunk, line } = written.draft;
    const anchor = { path, line: line + 1, end_line: line + 1, snippet: "" };
    const params = { repository: top, number, text, ...(hunk === null ? { anchor } : { hunk }) };
    written.thread.comments = [said("sending", "sending ...", new vscode.MarkdownString(withoutPictures(text)))];
    await this.showing.backToDiff();
    try {
      await this.connection.deed("casework/review/comment", params);
      this.writing.end(written);
      await this.reviews.read({ top, number });
    } catch (problem) {
      this.writing.goOn(written);
      throw problem;
    }
  }

  /** Go on with what was half-written. */
  goOnDraft(comment: vscode.Comment): void {
    const written = this.writing.of(comment);
    if (written) this.writing.goOn(written);
  }

  /** Throw away what is being written. */
  async dropDraft(comment: vscode.Comment): Promise<void> {
    const written = this.writing.of(comment);
    if (!written) return;
    this.writing.end(written);
    await this.showing.backToDiff();
  }

  /** Send what stands in a box before a verdict is given there; an empty box sends nothing. Gives the review meant. */
  async sendBefore(reply: vscode.CommentReply): Promise<Which | undefined> {
    const which = whichReview(reply.thread);
    if (which && reply.text.trim()) await this.send(reply);
    else await this.showing.backToDiff();
    return which;
  }

  dispose(): void {
    for (const watch of this.watches) watch.dispose();
    this.controller.dispose();
  }

  private again(): void {
    this.asked.clear();
    this.draw();
  }

  /** Take over what other editors have of the review that a document belongs to. */
  private async ask(document: vscode.TextDocument): Promise<void> {
    const place = placeOf(document.uri);
    const review = place?.kind === "side" ? this.reviews.drawn(place) : undefined;
    if (!review || place?.kind !== "side") return;
    this.asked.add(document.uri.toString());
    const file = review.files.find((one) => one.path === place.path);
    if (!file) return;
    const [base, head] = await this.showing.lines(place.top, review, file);
    const line = (hunk: HunkView) => (file.whole ? 0 : changedLines(hunk, base, head).start - 1);
    const places = new Map(ofFile(file).map((hunk) => [hunk.id, { path: file.path, line: line(hunk) }]));
    await this.drafts.sync(place, places, this.writing.busy);
  }

  private async drawOne(document: vscode.TextDocument): Promise<void> {
    const place = placeOf(document.uri);
    if (place?.kind !== "side" || place.side !== "head") return;
    const review = this.reviews.drawn(place);
    const file = review?.files.find((one) => one.path === place.path);
    if (!review || !file || versionOf(review) !== place.version) return;
    const [base, head] = await this.showing.lines(place.top, review, file);
    if (!this.asked.has(document.uri.toString())) await this.ask(document);
    await this.writing.restore(document, place, file);
    if (this.reviews.drawn(place) !== review) return;
    const wanted = wantedThreads(review, file, base, head);
    const prefix = `${document.uri.toString()} `;
    for (const one of wanted) this.put(document, prefix + one.key, one);
    const names = new Set(wanted.map((one) => prefix + one.key));
    for (const [name, thread] of this.threads) {
      if (!name.startsWith(prefix) || names.has(name)) continue;
      thread.dispose();
      this.threads.delete(name);
    }
  }

  private put(document: vscode.TextDocument, name: string, wanted: Wanted): void {
    const known = this.threads.get(name);
    if (known && signature(known.comments) !== signature(wanted.comments)) known.comments = wanted.comments;
    const line = Math.min(wanted.line, document.lineCount) - 1;
    const thread =
      known ?? this.controller.createCommentThread(document.uri, new vscode.Range(line, 0, line, 0), wanted.comments);
    this.threads.set(name, thread);
    this.names.set(thread, wanted.thread);
    const { Expanded, Collapsed } = vscode.CommentThreadCollapsibleState;
    if (!known || thread.contextValue !== wanted.kind) thread.collapsibleState = wanted.closed ? Collapsed : Expanded;
    thread.label = wanted.label;
    thread.contextValue = wanted.kind;
    thread.canReply = wanted.kind !== "note";
    if (wanted.thread)
      thread.state =
        wanted.kind === "resolved" ? vscode.CommentThreadState.Resolved : vscode.CommentThreadState.Unresolved;
  }
}

/** The review that a thread is about. */
export function whichReview(thread: vscode.CommentThread): Which | undefined {
  const place = placeOf(thread.uri);
  return place?.kind === "side" ? { top: place.top, number: place.number } : undefined;
}

/** Whether a thread is about the whole review. */
export function isAboutAll(thread: vscode.CommentThread): boolean {
  return thread.comments[0]?.contextValue === "why";
}

function signature(comments: readonly vscode.Comment[]): string {
  return JSON.stringify(
    comments.map(({ body, author }) => [typeof body === "string" ? body : body.value, author.name]),
  );
}

/** What is said to "why" is about the whole review; anything else is about its hunk, and between hunks about its line. */
function asked(
  place: SidePlace,
  text: string,
  thread: vscode.CommentThread,
  file: FileView | undefined,
): Omit<AddComment, "command"> {
  const about = { repository: place.top, number: place.number, text };
  if (isAboutAll(thread)) return about;
  const line = (thread.range?.end.line ?? 0) + 1;
  const hunk = file && hunkAt(file, place.side, line);
  return hunk
    ? { ...about, hunk: hunk.id }
    : { ...about, anchor: { path: place.path, line, end_line: line, snippet: "" } };
}

function everywhere(document: vscode.TextDocument): vscode.Range[] {
  const place = placeOf(document.uri);
  return place?.kind === "side" && place.side === "head" ? [new vscode.Range(0, 0, document.lineCount - 1, 0)] : [];
}
