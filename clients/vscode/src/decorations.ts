// Colours and letters at the files of a review, in the sidebar and on their tabs: how it was changed, how it was judged.
import * as vscode from "vscode";
import { fileProgress, ofFile } from "./judged";
import { placeOf } from "./place";
import type { Reviews } from "./reviews";
import type { FileView } from "./wire";

const CHANGED: Record<FileView["status"], [string, string, string]> = {
  added: ["A", "added", "gitDecoration.addedResourceForeground"],
  modified: ["M", "modified", "gitDecoration.modifiedResourceForeground"],
  deleted: ["D", "deleted", "gitDecoration.deletedResourceForeground"],
  renamed: ["R", "renamed", "gitDecoration.renamedResourceForeground"],
  copied: ["C", "copied", "gitDecoration.addedResourceForeground"],
  type_changed: ["T", "type changed", "gitDecoration.modifiedResourceForeground"],
};

export class Decorations implements vscode.FileDecorationProvider, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<undefined>();
  readonly onDidChangeFileDecorations = this.emitter.event;
  private readonly watch: vscode.Disposable;

  constructor(private readonly reviews: Reviews) {
    this.watch = reviews.onChanged(() => this.emitter.fire(undefined));
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const place = placeOf(uri);
    if (place?.kind !== "side") return undefined;
    const file = this.reviews.drawn(place)?.files.find((one) => one.path === place.path);
    return file && decorationOf(file);
  }

  dispose(): void {
    this.watch.dispose();
    this.emitter.dispose();
  }
}

function decorationOf(file: FileView): vscode.FileDecoration {
  const decided = new Set(ofFile(file).map((hunk) => hunk.decision));
  const [letter, how, color] = CHANGED[file.status];
  if (decided.has("none")) return decoration(letter, `${how}, ${fileProgress(file)}`, color);
  if (!decided.has("rejected")) return decoration("✓", "accepted", "casework.acceptedForeground");
  if (!decided.has("accepted")) return decoration("✗", "rejected", "casework.rejectedForeground");
  return decoration("±", fileProgress(file), "casework.changedForeground");
}

function decoration(badge: string, tooltip: string, color: string): vscode.FileDecoration {
  return new vscode.FileDecoration(badge, tooltip, new vscode.ThemeColor(color));
}
