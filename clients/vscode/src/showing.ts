// Puts a place of a review in front of the human: the native diff, the cursor on the change, one tab per review.
// Not here: deciding anything.
import * as vscode from "vscode";
import { uriOf } from "./documents";
import { BOX_SCHEME } from "./drafts";
import { type Judged, changedLines, hunkAt, judged, nextOpen } from "./judged";
import { type SidePlace, placeOf, sideOf, versionOf } from "./place";
import { forLabel } from "./plain";
import type { Reviews, Which } from "./reviews";
import { activeEditor, lookingAtWhole, showWhole, walkTo, wholeTabs } from "./whole";
import type { FileView, ReviewView } from "./wire";

/** A path up to so many characters stands in the title as a whole. */
const LONG_PATH = 32;
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
  private before = vscode.window.activeTextEditor?.document.uri.scheme;

  constructor(private readonly reviews: Reviews) {
    this.watch = vscode.window.onDidChangeActiveTextEditor((editor) => {
      const side = editor && placeOf(editor.document.uri)?.kind === "side";
      // A box for a comment goes when its writer sends it or turns away: the diff below it did not come by itself.
      const fromBox = this.before === BOX_SCHEME;
      this.before = editor?.document.uri.scheme;
      if (side && !fromBox && this.ours === 0 && Date.now() > this.oursUntil) this.cameAt = Date.now();
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

  /** Where the human is in a review: on which hunk, or beyond the last one when all of them are decided. */
  async here(): Promise<(Which & { hunk?: string }) | undefined> {
    const place = vscode.window.activeTextEditor && placeOf(vscode.window.activeTextEditor.document.uri);
    if (place?.kind !== "side") return undefined;
    const { top, number } = place;
    const hunk = (await this.hunkHere())?.hunk.id;
    const open = this.reviews.drawn(place)?.undecided;
    return { top, number, ...(hunk && open ? { hunk } : {}) };
  }

  /** Open a review where there is something to judge. */
  async open({ top, number }: Which): Promise<void> {
    const review = await this.reviews.read({ top, number });
    const first = nextOpen(review) ?? judged(review)[0];
    if (first) await this.bring(top, review, first);
    else void vscode.window.showInformationMessage(`Review ${number} changes nothing.`);
  }

  /** Put the cursor on one thing to judge; a review that is not before the human opens as they want it. */
  async bring(top: string, review: ReviewView, one: Judged): Promise<void> {
    const place = vscode.window.activeTextEditor && placeOf(vscode.window.activeTextEditor.document.uri);
    const here = place?.kind === "side" && place.top === top && place.number === review.number;
    const whole = vscode.workspace.getConfiguration("casework").get("openReviewAs") === "allFiles";
    if (whole && !here) await this.showInWhole(top, review, one);
    else await this.show(top, review, one);
  }

  /** From the diff of one file to the whole review, and back, the cursor on the same hunk. */
  async turn({ top, number }: Which): Promise<void> {
    const here = await this.hunkHere();
    const review = await this.reviews.get({ top, number });
    const one = here ?? nextOpen(review) ?? judged(review)[0];
    if (!one) return;
    if (lookingAtWhole({ top, number })) await this.showInDiff(top, review, one);
    else await this.showInWhole(top, review, one);
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

  /** Put the cursor on one thing to judge: in the whole review where that is what the human looks at. */
  show(top: string, review: ReviewView, one: Judged): Promise<void> {
    return lookingAtWhole({ top, number: review.number })
      ? this.showInWhole(top, review, one)
      : this.showInDiff(top, review, one);
  }

  private showInWhole(top: string, review: ReviewView, one: Judged): Promise<void> {
    return this.asOurs(async () => {
      const at = await this.line(top, review, one);
      const right = uriOf(sideOf(top, review, one.file, "head"));
      if (!lookingAtWhole({ top, number: review.number })) {
        await showWhole(top, review, one.file, at);
        await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
        // It begins at its first change, whatever it was asked to reveal before it was loaded.
        await activeEditor(() => lookingAtWhole({ top, number: review.number }));
      }
      if (!isActive(right)) {
        await walkTo(right, review.files.length, ({ path }) => this.lastChange(top, review, path));
      }
      putCursor(right, at);
    });
  }

  private showInDiff(top: string, review: ReviewView, one: Judged): Promise<void> {
    return this.asOurs(async () => {
      const at = await this.line(top, review, one);
      const right = uriOf(sideOf(top, review, one.file, "head"));
      if (isActive(right) && !lookingAtWhole({ top, number: review.number })) {
        putCursor(right, at);
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

  private async hunkHere(): Promise<Judged | undefined> {
    const sight = await this.sight();
    const hunk = sight && hunkAt(sight.file, sight.place.side, sight.editor.selection.active.line + 1);
    return sight && judged(sight.review).find((one) => one.hunk.id === hunk?.id);
  }

  /** Close what is open of a review: it was judged. */
  async close({ top, number }: Which): Promise<void> {
    const review = this.reviews.drawn({ top, number });
    const tabs = [...ourTabs(top, number), ...(review ? wholeTabs(review) : [])];
    await vscode.window.tabGroups.close(tabs.filter(stillOpen), true);
  }

  dispose(): void {
    this.watch.dispose();
  }

  /** The focus moves because the human asked for it here, so their next key is meant. */
  async asOurs(act: () => Promise<void>): Promise<void> {
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

  private async lastChange(top: string, review: ReviewView, path: string): Promise<vscode.Position | undefined> {
    const last = judged(review).findLast((one) => one.file.path === path);
    return last && this.line(top, review, last);
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

function isActive(uri: vscode.Uri): boolean {
  const editor = vscode.window.activeTextEditor;
  return editor !== undefined && same(editor.document.uri, uri);
}

function putCursor(uri: vscode.Uri, at: vscode.Position): void {
  const editor = vscode.window.activeTextEditor;
  if (!editor || !same(editor.document.uri, uri)) return;
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Wait until the editor of `uri` is the active one, because the next key is about it. */
function focused(uri: vscode.Uri): Promise<void> {
  return activeEditor((editor) => editor !== undefined && same(editor.document.uri, uri));
}
