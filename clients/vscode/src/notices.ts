// Tells that something new needs the human: batched, and only when they are not typing and can't see it anyway.
// Nothing here takes the focus; whatever was told and not looked at still stands on the board and in the badge.
import * as vscode from "vscode";
import { isAsking } from "./asking";
import type { Boards } from "./boards";
import { Gathered, sentenceOf } from "./gathered";

/** So long after the last key something may be told. */
const QUIET_MS = 10_000;
/** What comes within this time after a notice is told with the next one. */
const BATCH_MS = 60_000;

export class Notices implements vscode.Disposable {
  private readonly gathered = new Gathered();
  private readonly watches: vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;
  private lastKey = 0;
  private lastTold = 0;

  constructor(
    private readonly boards: Boards,
    private readonly boardIsVisible: () => boolean,
  ) {
    const typed = () => (this.lastKey = Date.now());
    this.watches = [
      vscode.workspace.onDidChangeTextDocument(({ document }) => document.uri.scheme !== "output" && typed()),
      vscode.window.onDidChangeTextEditorSelection(
        ({ kind }) => kind === vscode.TextEditorSelectionChangeKind.Keyboard && typed(),
      ),
    ];
  }

  /** The board is another one: gather what is new, and tell it when the time has come. */
  boardChanged(): void {
    this.gathered.take(this.boards.group("needs_you"));
    this.later();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const watch of this.watches) watch.dispose();
  }

  private later(): void {
    clearTimeout(this.timer);
    if (this.boardIsVisible()) this.gathered.seen();
    if (!this.gathered.waiting.length || !wanted()) return;
    const due = Math.max(this.lastKey + QUIET_MS, this.lastTold + BATCH_MS) - Date.now();
    if (due > 0 || isAsking()) this.timer = setTimeout(() => this.later(), Math.max(due, 1_000));
    else void this.tell();
  }

  private async tell(): Promise<void> {
    const sentence = sentenceOf(this.gathered.waiting);
    this.gathered.seen();
    this.lastTold = Date.now();
    const next = "Next";
    if ((await vscode.window.showInformationMessage(sentence, next)) === next)
      await vscode.commands.executeCommand("casework.client.next");
  }
}

function wanted(): boolean {
  return vscode.workspace.getConfiguration("casework").get<string>("notifications", "whenIdle") === "whenIdle";
}
