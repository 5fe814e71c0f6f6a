// Puts a place of a review in front of the human: the native diff, the cursor on the change, one tab per review.
// Not here: deciding anything.
import * as vscode from "vscode";
import { uriOf } from "./documents";
import { type Judged, changedLines, judged, nextOpen } from "./judged";
import { type SidePlace, placeOf, versionOf } from "./place";
import { forLabel } from "./plain";
import type { Reviews, Which } from "./reviews";
import type { FileView, ReviewView } from "./wire";

/** A path up to so many characters stands in the title as a whole. */
const LONG_PATH = 32;
const FOCUS_PATIENCE_MS = 3_000;
/** So long after an act of our own its focus may still arrive. */
const OURS_MS = 600;
/** So long after the focus came by anything but our own act, single letters do nothing. */
const QUIET_MS = 400;

/** What the human looks at: the right or left side of a file of a review. */
export interface Sight {
  place: SidePlace;
  editor: vscode.TextEditor;
  review: ReviewView;
  file: FileView;
}

export class Showing implements vscode.Disposable {
  private readonly watch: vscode.Disposable;
  private ours = 0;
  private oursUntil = 0;
  private cameAt = 0;

  constructor(private readonly reviews: Reviews) {
    this.watch = vscode.window.onDidChangeActiveTextEditor((editor) => {
      const side = editor && placeOf(editor.document.uri)?.kind === "side";
      if (side && this.ours === 0 && Date.now() > this.oursUntil) this.cameAt = Date.now();
    });
  }

  /** Whether a letter is meant: the human had time to see where the focus is. */
  get awake(): boolean {
    return Date.now() - this.cameAt >= QUIET_MS;
  }

  /** What stands in front of the human, if it is a review as it is now. */
  async sight(): Promise<Sight | undefined> {
    const editor = vscode.window.activeTextEditor;
    const place = editor && placeOf(editor.document.uri);
    if (!editor || place?.kind !== "side") return undefined;
    const review = await this.reviews.get(place);
    const file = review.files.find((one) => one.path === place.path);
    if (file && versionOf(review) === place.version) return { place, editor, review, file };
    void vscode.window.showWarningMessage(
      `Review ${place.number} is another one by now, so nothing was decided: here it is.`,
    );
    await this.open(place);
    return undefined;
  }

  /** Open a review where there is something to judge. */
  async open({ top, number }: Which): Promise<void> {
    const review = await this.reviews.read({ top, number });
    const first = nextOpen(review) ?? judged(review)[0];
    if (first) await this.show(top, review, first);
    else void vscode.window.showInformationMessage(`Review ${number} changes nothing.`);
  }

  /** Open one file of a review, where there is something to judge in it. */
  async openFile({ top, number }: Which, path: string): Promise<void> {
    const review = await this.reviews.get({ top, number });
    const all = judged(review).filter((one) => one.file.path === path);
    const first = all.find((one) => one.hunk.decision === "none") ?? all[0];
    if (first) await this.show(top, review, first);
  }

  /** Give the focus back to the diff after the human sent something from a box in it. */
  backToDiff(): Promise<void> {
    return this.asOurs(async () => vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup"));
  }

  /** Put the cursor on one thing to judge. */
  show(top: string, review: ReviewView, one: Judged): Promise<void> {
    return this.asOurs(async () => {
      const at = await this.line(top, review, one);
      const right = uriOf(sideOf(top, review, one.file, "head"));
      const editor = vscode.window.activeTextEditor;
      if (editor?.document.uri.toString() === right.toString()) {
        editor.selection = new vscode.Selection(at, at);
        editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
        return;
      }
      const left = uriOf(sideOf(top, review, one.file, "base"));
      const old = ourTabs(top, review.number).filter((tab) => tab.input instanceof vscode.TabInputTextDiff);
      const selection = new vscode.Range(at, at);
      await vscode.commands.executeCommand("vscode.diff", left, right, titleOf(review, one.file), {
        preview: true,
        selection,
      });
      await focused(right);
      // A click in a tree may bring the focus back there after the diff had it; the next key is about the diff.
      await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
      const rest = old.filter(
        (tab) => tab.input instanceof vscode.TabInputTextDiff && !same(tab.input.modified, right),
      );
      await vscode.window.tabGroups.close(
        rest.filter((tab) => stillOpen(tab) && !tab.isPinned),
        true,
      );
    });
  }

  /** Close what is open of a review: it was judged. */
  async close({ top, number }: Which): Promise<void> {
    await vscode.window.tabGroups.close(ourTabs(top, number).filter(stillOpen), true);
  }

  dispose(): void {
    this.watch.dispose();
  }

  /** The focus moves because the human asked for it here, so their next key is meant. */
  private async asOurs(act: () => Promise<void>): Promise<void> {
    this.ours++;
    try {
      await act();
    } finally {
      this.ours--;
      this.oursUntil = Date.now() + OURS_MS;
    }
  }

  private async line(top: string, review: ReviewView, { file, hunk }: Judged): Promise<vscode.Position> {
    if (file.whole) return new vscode.Position(0, 0);
    const [base, head] = await this.lines(top, review, file);
    const { start } = changedLines(hunk, base, head);
    return new vscode.Position(Math.min(start, Math.max(1, head.length)) - 1, 0);
  }

  /** Both sides by lines. */
  async lines(top: string, review: ReviewView, file: FileView): Promise<[string[], string[]]> {
    const texts = await Promise.all(
      (["base", "head"] as const).map((side) => this.reviews.text(sideOf(top, review, file, side))),
    );
    const [base, head] = texts.map((text) => text.split(/\r\n|\r|\n/));
    return [base ?? [], head ?? []];
  }
}

/** The place of one side of a file. */
export function sideOf(top: string, review: ReviewView, file: FileView, side: "base" | "head"): SidePlace {
  return { kind: "side", top, number: review.number, side, path: file.path, version: versionOf(review) };
}

function titleOf(review: ReviewView, file: FileView): string {
  const name = file.path.length <= LONG_PATH ? file.path : (file.path.split("/").pop() ?? file.path);
  return `${forLabel(name)} · review ${review.number} · ${review.files.indexOf(file) + 1} of ${review.files.length}`;
}

function ourTabs(top: string, number: number): vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => {
      const uri =
        input instanceof vscode.TabInputTextDiff
          ? input.modified
          : input instanceof vscode.TabInputText
            ? input.uri
            : undefined;
      const place = uri && placeOf(uri);
      return place?.kind === "side" && place.top === top && place.number === number;
    });
}

function stillOpen(tab: vscode.Tab): boolean {
  return vscode.window.tabGroups.all.some((group) => group.tabs.includes(tab));
}

function same(one: vscode.Uri, other: vscode.Uri): boolean {
  return one.toString() === other.toString();
}

/** Wait until the editor of `uri` is the active one, because the next key is about it. */
async function focused(uri: vscode.Uri): Promise<void> {
  const there = (editor: vscode.TextEditor | undefined) => editor !== undefined && same(editor.document.uri, uri);
  if (there(vscode.window.activeTextEditor)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      watch.dispose();
      resolve();
    };
    const timer = setTimeout(done, FOCUS_PATIENCE_MS);
    const watch = vscode.window.onDidChangeActiveTextEditor((editor) => there(editor) && done());
  });
}
