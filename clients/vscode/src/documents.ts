// Texts for the addresses in place.ts: sides of reviews, and tasks.
import * as vscode from "vscode";
import type { Connection } from "./connection";
import { type Place, addressOf, placeOf } from "./place";
import type { Reviews } from "./reviews";
import { taskText } from "./textof";

export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.emitter.event;

  constructor(
    private readonly connection: Connection,
    private readonly reviews: Reviews,
  ) {}

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const place = placeOf(uri);
    if (!place) throw new Error("This address names nothing of Casework's.");
    if (place.kind === "side") return this.reviews.text(place);
    return taskText(
      await this.connection.request("casework/task/show", { repository: place.top, number: place.number }),
    );
  }

  /** The board moved: tasks that stand open are written anew. */
  refresh(): void {
    for (const document of vscode.workspace.textDocuments) {
      if (placeOf(document.uri)?.kind === "task") this.emitter.fire(document.uri);
    }
  }

  dispose(): void {
    this.emitter.dispose();
  }
}

/** The address of a place. */
export function uriOf(place: Place): vscode.Uri {
  return vscode.Uri.from(addressOf(place));
}
