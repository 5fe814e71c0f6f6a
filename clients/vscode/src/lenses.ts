// What can be done with a hunk, above its lines: accept, reject, comment, or take back what was decided.
// The same deeds as the keys, for the mouse and for whoever walks through the lines with a screen reader.
import * as vscode from "vscode";
import { type Judged, changedLines, foldOf, judged } from "./judged";
import { type SidePlace, placeOf, versionOf } from "./place";
import { forLabel } from "./plain";
import type { Reviews } from "./reviews";
import type { Showing } from "./showing";
import type { ReviewView } from "./wire";

/** Names one hunk, wherever the cursor is. */
export interface HunkName {
  kind: "hunk";
  top: string;
  number: number;
  hunk: string;
}

export class Lenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.emitter.event;
  private readonly watches: vscode.Disposable[];

  constructor(
    private readonly reviews: Reviews,
    private readonly showing: Showing,
  ) {
    this.watches = [
      reviews.onChanged(() => this.emitter.fire()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("casework.showActions")) this.emitter.fire();
      }),
    ];
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const place = placeOf(document.uri);
    const wanted = vscode.workspace.getConfiguration("casework").get<boolean>("showActions", true);
    if (!wanted || place?.kind !== "side" || place.side !== "head") return [];
    const review = await this.reviews.get(place);
    const file = review.files.find((one) => one.path === place.path);
    if (!file || review.status !== "in_review" || versionOf(review) !== place.version) return [];
    const [base, head] = await this.showing.lines(place.top, review, file);
    return judged(review)
      .filter((one) => one.file === file)
      .flatMap((one) => lensesOf(place, review, one, one.file.whole ? 1 : changedLines(one.hunk, base, head).start));
  }

  dispose(): void {
    for (const one of [...this.watches, this.emitter]) one.dispose();
  }
}

function lensesOf({ top, number }: SidePlace, review: ReviewView, { hunk, index }: Judged, start: number) {
  const range = new vscode.Range(start - 1, 0, start - 1, 0);
  const name: HunkName = { kind: "hunk", top, number, hunk: hunk.id };
  const lens = (title: string, command: string) =>
    new vscode.CodeLens(range, { title, command: `casework.client.${command}`, arguments: [name] });
  const fold = foldOf(review, hunk);
  const which = fold ? `all ${fold.hunks.length}: ${forLabel(fold.title)}` : `hunk ${index + 1} of ${review.hunks}`;
  if (hunk.decision === "none") {
    return [
      lens(`$(check) Accept ${which}`, "acceptHunk"),
      lens("$(close) Reject ...", "rejectHunk"),
      lens("$(comment) Comment", "comment"),
    ];
  }
  const icon = hunk.decision === "accepted" ? "$(pass-filled)" : "$(error)";
  const reason = hunk.reason ? `: ${forLabel(hunk.reason)}` : "";
  return [
    lens(`${icon} ${hunk.decision}${reason}`, "openHunk"),
    lens("$(discard) Take back", "takeBack"),
    lens("$(comment) Comment", "comment"),
  ];
}

/** Whether a command was given one hunk to act on. */
export function isHunk(value: unknown): value is HunkName {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "hunk";
}
