// The whole review in one tab: VS Code's multi-file diff editor, the files in reading order.
// Not here: where the cursor goes next (showing.ts).
import * as vscode from "vscode";
import { uriOf } from "./documents";
import { type SidePlace, placeOf, sideOf, versionOf } from "./place";
import { forLabel } from "./plain";
import type { Which } from "./reviews";
import type { FileView, ReviewView } from "./wire";

/** Scheme of the address that names the tab, so that the same review is never open twice. */
const SOURCE_SCHEME = "casework-review";
/** What VS Code's own git extension opens and reveals with; `vscode.changes` opens, but can't say where. */
const OPEN_AND_REVEAL = "_workbench.openMultiDiffEditor";

const FOCUS_PATIENCE_MS = 3_000;

/** Open the whole review at a place. */
export async function showWhole(top: string, review: ReviewView, file: FileView, at: vscode.Position): Promise<void> {
  const sides = review.files.map((one) => ({
    originalUri: uriOf(sideOf(top, review, one, "base")),
    modifiedUri: uriOf(sideOf(top, review, one, "head")),
  }));
  const line = at.line + 1;
  const range = { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn: 1 };
  try {
    await vscode.commands.executeCommand(OPEN_AND_REVEAL, {
      title: labelOf(review),
      multiDiffSourceUri: sourceOf(top, review),
      resources: sides,
      reveal: { modifiedUri: uriOf(sideOf(top, review, file, "head")), range },
    });
  } catch {
    const all = sides.map((side) => [side.modifiedUri, side.originalUri, side.modifiedUri]);
    await vscode.commands.executeCommand("vscode.changes", labelOf(review), all);
  }
}

/**
 * Go to another file of the whole review that has the focus. A reveal would scroll there and leave the focus behind, so
 * this goes with VS Code's own key for the next change, from the last change of one file to the first of the next.
 */
export async function walkTo(
  right: vscode.Uri,
  files: number,
  lastChange: (place: SidePlace) => Promise<vscode.Position | undefined>,
): Promise<void> {
  for (let step = 0; step < files; step++) {
    const before = vscode.window.activeTextEditor;
    const place = before && placeOf(before.document.uri);
    if (place?.kind !== "side" || before?.document.uri.toString() === right.toString()) return;
    const last = await lastChange(place);
    const head = uriOf({ ...place, side: "head" }).toString();
    for (const editor of vscode.window.visibleTextEditors) {
      if (last && editor.document.uri.toString() === head) editor.selection = new vscode.Selection(last, last);
    }
    await vscode.commands.executeCommand("multiDiffEditor.goToNextChange");
    await activeEditor((editor) => editor !== undefined && editor !== before);
  }
}

/** Wait until the active editor is the one meant, but not for ever. */
export async function activeEditor(meant: (editor: vscode.TextEditor | undefined) => boolean): Promise<void> {
  if (meant(vscode.window.activeTextEditor)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      watch.dispose();
      resolve();
    };
    const timer = setTimeout(done, FOCUS_PATIENCE_MS);
    const watch = vscode.window.onDidChangeActiveTextEditor((editor) => meant(editor) && done());
  });
}

/** Whether the human looks at this review as a whole: its text has the focus, and the tab is no diff of one file. */
export function lookingAtWhole({ top, number }: Which): boolean {
  const editor = vscode.window.activeTextEditor;
  const place = editor && placeOf(editor.document.uri);
  return place?.kind === "side" && place.top === top && place.number === number && isWhole(activeTab());
}

/** The tabs that show this review as a whole. */
export function wholeTabs(review: ReviewView): vscode.Tab[] {
  const label = labelOf(review);
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => isWhole(tab) && (tab.label === label || tab.label.startsWith(`${label} (`)));
}

function activeTab(): vscode.Tab | undefined {
  return vscode.window.tabGroups.activeTabGroup.activeTab;
}

/** The stable API has no class for the input of a multi-file diff: it is what none of the others is. */
function isWhole(tab: vscode.Tab | undefined): boolean {
  const known = [vscode.TabInputText, vscode.TabInputTextDiff, vscode.TabInputCustom, vscode.TabInputNotebook];
  return tab !== undefined && !known.some((kind) => tab.input instanceof kind);
}

function labelOf(review: ReviewView): string {
  return forLabel(`Review ${review.number}: ${review.title}`);
}

function sourceOf(top: string, review: ReviewView): vscode.Uri {
  const query = JSON.stringify({ top, version: versionOf(review) });
  return vscode.Uri.from({ scheme: SOURCE_SCHEME, path: `/${review.number}`, query });
}
