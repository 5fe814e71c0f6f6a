// Builds the parts and ties them together; takes them apart again.
import * as vscode from "vscode";
import { Boards } from "./boards";
import { register } from "./commands";
import { Connection } from "./connection";
import { Deeds } from "./deeds";
import { Documents } from "./documents";
import { Judge } from "./judge";
import { Marks } from "./marks";
import { middleware } from "./middleware";
import { SCHEME } from "./place";
import { Reviews } from "./reviews";
import { Showing } from "./showing";
import { type Node, Sidebar } from "./sidebar";
import { Status } from "./status";
import { Talk } from "./talk";
import { Verdict } from "./verdict";

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Casework", { log: true });
  const connection: Connection = new Connection(context.globalState, log, middleware((which) => showing.open(which)));
  const reviews: Reviews = new Reviews(connection);
  const showing: Showing = new Showing(reviews);
  const documents = new Documents(connection, reviews);
  const boards: Boards = new Boards(
    {
      repositories: async () => (await connection.request("casework/repository/list", {})).repositories,
      board: (top) => connection.request("casework/board/read", { repository: top }),
    },
    () => {
      sidebar.refresh();
      status.draw();
      documents.refresh();
    },
  );
  const sidebar = new Sidebar(boards, reviews);
  const view = vscode.window.createTreeView<Node>("casework.board", { treeDataProvider: sidebar });
  const status = new Status(connection, boards, reviews, view);
  const talk = new Talk(connection, reviews, showing);
  const marks = new Marks(reviews, showing);
  const deeds = new Deeds(connection, boards, showing);
  const judge = new Judge(connection, reviews, showing);
  const verdict = new Verdict(connection, reviews, showing);
  const commands = register({ connection, boards, reviews, showing, deeds, judge, verdict, talk, log });

  const again = async () => {
    try {
      await Promise.all([boards.refresh(), reviews.again()]);
    } catch (problem) {
      log.warn(`reading the board: ${String(problem)}`);
    }
  };
  context.subscriptions.push(
    ...[log, connection, reviews, showing, documents, sidebar, view, status, talk, marks, ...commands],
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, documents),
    reviews.onChanged(() => sidebar.refresh()),
    connection.onReady(() => void again()),
    connection.onState((state) => {
      void vscode.commands.executeCommand("setContext", "casework.state", state);
      status.draw();
    }),
    connection.onBoardChanged((change) => void boards.take(change).catch((problem: unknown) => log.warn(String(problem)))),
    connection.onReviewChanged(({ repository, number }) => {
      const top = boards.top(repository);
      if (top !== undefined) void reviews.changed({ top, number }).catch((problem: unknown) => log.warn(String(problem)));
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => void again()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("casework.command")) connection.reconnect();
    }),
  );
  void vscode.commands.executeCommand("setContext", "casework.state", connection.state);
  void connection.run();
}
