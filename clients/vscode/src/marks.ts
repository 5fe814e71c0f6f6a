// Draws into the diff what was decided on each hunk, and at the cursor's hunk which keys judge it.
import * as vscode from "vscode";
import { colour } from "./colours";
import { changedLines, hunkAt, judged, ofFile } from "./judged";
import { type SidePlace, placeOf, versionOf } from "./place";
import { oneLine } from "./plain";
import type { Reviews } from "./reviews";
import type { Showing } from "./showing";
import { STROKES } from "./strokes";
import type { FileView, HunkView, ReviewView } from "./wire";

const KEYS = "a r c";
const MARKS = ["unread", "open", "stale", "unguarded", "accepted", "rejected"] as const;

/** What stands in the gutter at a hunk. */
type Mark = (typeof MARKS)[number];

export class Marks implements vscode.Disposable {
  private readonly icons: Record<Mark, vscode.TextEditorDecorationType> = {
    unread: gutter("unread", "M8 5.500a2.500 2.500 0 1 0 .01 0zM8 7.500a.5 .5 0 1 0 .01 0z"),
    stale: gutter("changed", "M13 8a5 5 0 1 1-1.600-3.700M13 2v3h-3"),
    open: gutter("unread", "M8 4.500a3.500 3.500 0 1 0 .01 0z"),
    unguarded: gutter("changed", "M8 2.500L14.500 13.500H1.500zM8 6.500v3M8 11.500v.01"),
    accepted: gutter("accepted", "M3 8.500l3.200 3.200L13 4.500"),
    rejected: gutter("rejected", "M4 4l8 8M12 4l-8 8"),
  };
  /** What does not land is crossed out: a colour alone would say it to few, and faint text is hard to read. */
  private readonly crossed = vscode.window.createTextEditorDecorationType({ textDecoration: "line-through" });
  /** Characters that are not seen as what they are: said in words, where they stand. */
  private readonly unseen = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    overviewRulerColor: colour("changed"),
    borderWidth: "1px",
    borderStyle: "dashed",
    borderColor: colour("changed"),
  });
  private readonly hint = vscode.window.createTextEditorDecorationType({});
  private readonly watches: vscode.Disposable[];

  constructor(
    private readonly reviews: Reviews,
    private readonly showing: Showing,
  ) {
    this.watches = [
      reviews.onChanged(() => this.draw()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
      vscode.window.onDidChangeActiveTextEditor(() => this.draw()),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => void this.drawOne(textEditor)),
    ];
  }

  /** Draw what is visible. */
  draw(): void {
    for (const editor of vscode.window.visibleTextEditors) void this.drawOne(editor);
  }

  dispose(): void {
    for (const one of [...this.watches, ...this.types]) one.dispose();
  }

  private get types(): vscode.TextEditorDecorationType[] {
    return [...MARKS.map((mark) => this.icons[mark]), this.crossed, this.unseen, this.hint];
  }

  private async drawOne(editor: vscode.TextEditor): Promise<void> {
    const place = placeOf(editor.document.uri);
    if (place?.kind !== "side") return;
    const review = this.reviews.drawn(place);
    const file = review?.files.find((one) => one.path === place.path);
    if (!review || !file || versionOf(review) !== place.version) {
      this.clear(editor);
      return;
    }
    editor.setDecorations(this.unseen, unseenOf(editor.document, file, place.side));
    if (place.side !== "head") return;
    const [base, head] = await this.showing.lines(place.top, review, file);
    if (this.reviews.drawn(place) !== review) return;
    const ranges = new Map(ofFile(file).map((hunk) => [hunk.id, rangeOf(file, hunk, base, head)]));
    this.apply(editor, place, review, file, ranges);
  }

  private apply(
    editor: vscode.TextEditor,
    place: SidePlace,
    review: ReviewView,
    file: FileView,
    ranges: ReadonlyMap<string, vscode.Range>,
  ): void {
    const here = hunkAt(file, place.side, editor.selection.active.line + 1);
    const marks: Record<Mark, vscode.Range[]> = {
      ...{ unread: [], open: [], stale: [], unguarded: [], accepted: [], rejected: [] },
    };
    const crossed: vscode.Range[] = [];
    const words: vscode.DecorationOptions[] = [];
    for (const hunk of ofFile(file)) {
      const range = ranges.get(hunk.id);
      if (!range) continue;
      const mark = markOf(review, hunk);
      if (mark) marks[mark].push(mark === "accepted" || mark === "rejected" ? range : firstOf(range));
      if (mark === "rejected" && hunk.added && !file.whole) crossed.push(wholeLines(editor.document, range));
      const text = wordsOf(review, hunk, hunk === here && review.status === "in_review");
      if (text) words.push({ range: endOf(editor.document, range.start.line), renderOptions: { after: after(text) } });
    }
    for (const mark of MARKS) editor.setDecorations(this.icons[mark], marks[mark]);
    editor.setDecorations(this.crossed, crossed);
    editor.setDecorations(this.hint, words);
  }

  private clear(editor: vscode.TextEditor): void {
    for (const type of this.types) editor.setDecorations(type, []);
  }
}

function markOf(review: ReviewView, hunk: HunkView): Mark | undefined {
  if (hunk.decision !== "none") return hunk.decision;
  if (hunk.stale) return "stale";
  if (hunk.guard === "unguarded") return "unguarded";
  if (review.status !== "in_review") return undefined;
  return hunk.seen ? "open" : "unread";
}

function unseenOf(document: vscode.TextDocument, file: FileView, side: "base" | "head"): vscode.DecorationOptions[] {
  return ofFile(file)
    .flatMap((hunk) => hunk.marks)
    .filter((mark) => mark.side === side)
    .map(({ line, text }) => ({
      range: endOf(document, line - 1),
      hoverMessage: new vscode.MarkdownString().appendText(oneLine(text)),
      renderOptions: { after: { ...after(`line ${line} ${oneLine(text)}`), color: colour("changed") } },
    }));
}

function firstOf(range: vscode.Range): vscode.Range {
  return new vscode.Range(range.start, range.start);
}

function wholeLines(document: vscode.TextDocument, { start, end }: vscode.Range): vscode.Range {
  return document.validateRange(new vscode.Range(start.line, 0, end.line, Number.MAX_SAFE_INTEGER));
}

function rangeOf(file: FileView, hunk: HunkView, base: string[], head: string[]): vscode.Range {
  if (file.whole) return new vscode.Range(0, 0, 0, 0);
  const { start, end } = changedLines(hunk, base, head);
  const first = Math.max(0, Math.min(start, head.length) - 1);
  return new vscode.Range(first, 0, Math.max(first, end - 1), 0);
}

function wordsOf(review: ReviewView, hunk: HunkView, here: boolean): string {
  const decided = hunk.decision === "rejected" && hunk.reason ? `rejected: ${oneLine(hunk.reason)}` : hunk.decision;
  const count = judged(review).find((one) => one.hunk.id === hunk.id);
  const stale = hunk.stale ? "changed since you read it" : "";
  const parts = [hunk.decision === "none" ? "" : decided, oneLine(hunk.brings_back), stale, guardOf(hunk, here)];
  if (here && count) parts.push(`${count.index + 1} of ${review.hunks}`, hunk.decision === "none" ? KEYS : "u");
  return parts.filter((part) => part).join(" · ");
}

/** What a survey found out: said where no test guards a hunk, and at the cursor's hunk in any case. */
function guardOf(hunk: HunkView, here: boolean): string {
  if (hunk.guard === "unguarded") return "no test guards this";
  return here && hunk.guard === "guarded" ? "guarded by a test" : "";
}

function after(text: string): vscode.ThemableDecorationAttachmentRenderOptions {
  return {
    contentText: text,
    margin: "0 0 0 3em",
    fontStyle: "italic",
    color: colour("words"),
  };
}

function endOf(document: vscode.TextDocument, line: number): vscode.Range {
  const at = Math.min(line, document.lineCount - 1);
  return document.validateRange(new vscode.Range(at, Number.MAX_SAFE_INTEGER, at, Number.MAX_SAFE_INTEGER));
}

/** An icon beside the line numbers, in a colour that stands out from light and from dark. */
function gutter(name: keyof typeof STROKES, path: string): vscode.TextEditorDecorationType {
  const { light, dark } = STROKES[name];
  return vscode.window.createTextEditorDecorationType({
    light: { gutterIconPath: drawn(light, path) },
    dark: { gutterIconPath: drawn(dark, path) },
    gutterIconSize: "80%",
    isWholeLine: true,
    overviewRulerColor: colour(name),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
  });
}

function drawn(stroke: string, path: string): vscode.Uri {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="${path}" fill="none" stroke="${stroke}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  return vscode.Uri.parse(`data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`);
}
