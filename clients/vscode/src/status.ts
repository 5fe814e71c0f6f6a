// What stands in the status bar and on the icon: how many things need the human, and how far the open review is.
import * as vscode from "vscode";
import type { Boards } from "./boards";
import type { Connection } from "./connection";
import { BOX_SCHEME } from "./drafts";
import { progress } from "./judged";
import { placeOf } from "./place";
import { counted, forLabel, oneLine } from "./plain";
import type { Reviews, Which } from "./reviews";
import type { Node } from "./sidebar";

export class Status implements vscode.Disposable {
  private readonly main = vscode.window.createStatusBarItem("casework", vscode.StatusBarAlignment.Left, 50);
  private readonly review = vscode.window.createStatusBarItem("casework.review", vscode.StatusBarAlignment.Left, 49);
  private readonly watches: vscode.Disposable[];
  private front: Which | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly boards: Boards,
    private readonly reviews: Reviews,
    private readonly view: vscode.TreeView<Node>,
  ) {
    this.main.name = "Casework";
    this.review.name = "Casework: review";
    this.watches = [reviews.onChanged(() => this.draw()), vscode.window.onDidChangeActiveTextEditor(() => this.draw())];
    this.draw();
    this.main.show();
  }

  /** Draw anew. */
  draw(): void {
    this.drawMain();
    this.drawReview();
    const waiting = this.boards.group("needs_you").length;
    this.view.badge = waiting ? { value: waiting, tooltip: needs(waiting) } : undefined;
    this.view.message = this.boards
      .all()
      .map((board) => oneLine(board.warning))
      .filter((warning) => warning)
      .join("\n");
  }

  dispose(): void {
    for (const one of [...this.watches, this.main, this.review]) one.dispose();
  }

  private drawMain(): void {
    const waiting = this.boards.group("needs_you").length;
    const running = this.boards.group("running").length;
    switch (this.connection.state) {
      case "ready":
        this.main.text = waiting
          ? `$(checklist) ${waiting} ${waiting === 1 ? "needs" : "need"} you`
          : "$(checklist) Casework";
        this.main.tooltip = `${needs(waiting)}, ${counted(running, "task")} running. Click for the next one.`;
        this.main.command = "casework.client.next";
        this.main.accessibilityInformation = { label: `Casework: ${needs(waiting)}`, role: "button" };
        break;
      case "missing":
        this.main.text = "$(warning) Casework is not installed";
        this.main.tooltip = "Click for the command that installs it.";
        this.main.command = "casework.client.install";
        break;
      case "connecting":
      case "offline":
        this.main.text = "$(sync~spin) Casework";
        this.main.tooltip = forLabel(`Connecting to Casework. ${this.connection.why}`);
        this.main.command = "casework.client.showLog";
    }
  }

  private drawReview(): void {
    const uri = vscode.window.activeTextEditor?.document.uri;
    // Whoever writes a comment is still in the review that it is about.
    if (uri?.scheme !== BOX_SCHEME) this.front = uri && whichIn(uri);
    const review = this.front && this.reviews.drawn(this.front);
    if (!review) {
      this.review.hide();
      return;
    }
    const rest = review.status === "in_review" ? `A ${review.approve_label}` : review.status.replaceAll("_", " ");
    const icon = review.status === "in_review" && review.undecided === 0 ? "$(pass) " : "";
    this.review.text = icon + forLabel(`Review ${review.number}: ${progress(review)} · ${rest}`);
    this.review.tooltip = forLabel(review.title);
    this.review.command = "casework.client.keys";
    this.review.accessibilityInformation = {
      label: `Review ${review.number}: ${progress(review)}. ${review.approve_label}`,
      role: "button",
    };
    this.review.show();
  }
}

function whichIn(uri: vscode.Uri): Which | undefined {
  const place = placeOf(uri);
  return place?.kind === "side" ? place : undefined;
}

function needs(waiting: number): string {
  return waiting ? `${waiting} ${waiting === 1 ? "thing needs" : "things need"} you` : "Nothing needs you";
}
