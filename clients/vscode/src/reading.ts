// What was really read: a hunk whose lines all stood on the screen for a moment, in the window that has the focus.
// Not here: what follows from it; the daemon keeps it.
import * as vscode from "vscode";
import type { Connection } from "./connection";
import { changedLines, ofFile } from "./judged";
import { placeOf, versionOf } from "./place";
import type { Reviews, Which } from "./reviews";
import type { Showing } from "./showing";

/** So long lines must stand still on the screen to be called read. */
const DWELL_MS = 800;

export class Reading implements vscode.Disposable {
  /** Lines that were on the screen, by the address of the document; they may come screen by screen. */
  private readonly lines = new Map<string, Set<number>>();
  /** Hunks that were reported in this window, so that taking it back is not undone by the next look. */
  private readonly told = new Set<string>();
  private readonly watches: vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly reviews: Reviews,
    private readonly showing: Showing,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const moved = () => this.moved();
    this.watches = [
      vscode.window.onDidChangeTextEditorVisibleRanges(moved),
      vscode.window.onDidChangeVisibleTextEditors(moved),
      vscode.window.onDidChangeActiveTextEditor(moved),
      vscode.window.onDidChangeTextEditorSelection(moved),
      vscode.window.onDidChangeWindowState(moved),
    ];
  }

  /** Say that hunks were read, or take it back: the human's own word. */
  async tell({ top, number }: Which, hunks: string[], seen: boolean): Promise<void> {
    for (const hunk of hunks) this.told.add(hunk);
    const review = await this.connection.deed("casework/review/seen", { repository: top, number, hunks, seen });
    this.reviews.put(top, review);
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const watch of this.watches) watch.dispose();
  }

  private moved(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!vscode.window.state.focused) return;
      for (const editor of vscode.window.visibleTextEditors) {
        this.look(editor).catch((problem: unknown) => this.log.debug(`reading: ${String(problem)}`));
      }
    }, DWELL_MS);
  }

  private async look(editor: vscode.TextEditor): Promise<void> {
    const place = placeOf(editor.document.uri);
    if (place?.kind !== "side" || place.side !== "head") return;
    const review = this.reviews.drawn(place);
    const file = review?.files.find((one) => one.path === place.path);
    if (!review || !file || review.status !== "in_review" || versionOf(review) !== place.version) return;
    const lines = this.seenLines(editor);
    const [base, head] = await this.showing.lines(place.top, review, file);
    const read = ofFile(file).filter((hunk) => {
      if (hunk.seen || this.told.has(hunk.id)) return false;
      const { start, end } = file.whole ? { start: 1, end: 1 } : changedLines(hunk, base, head);
      const first = Math.min(start, Math.max(1, head.length));
      // What changed in it stands beside it until it is read: it counts when the cursor leaves it.
      const cursor = editor.selection.active.line + 1;
      if (hunk.stale && cursor >= first && cursor <= Math.max(first, end)) return false;
      for (let line = first; line <= Math.max(first, end); line++) if (!lines.has(line)) return false;
      return true;
    });
    if (read.length) await this.tell(place, read.map((hunk) => hunk.id), true); // prettier-ignore
  }

  private seenLines(editor: vscode.TextEditor): Set<number> {
    const name = editor.document.uri.toString();
    const lines = this.lines.get(name) ?? new Set();
    this.lines.set(name, lines);
    for (const { start, end } of editor.visibleRanges) {
      for (let line = start.line; line <= end.line; line++) lines.add(line + 1);
    }
    return lines;
  }
}
