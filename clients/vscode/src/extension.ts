// Builds the parts and ties them together; takes them apart again.
import * as path from "node:path";
import * as vscode from "vscode";
import { Boards } from "./boards";
import { register } from "./commands";
import { Connection } from "./connection";
import { Decorations } from "./decorations";
import { Deeds } from "./deeds";
import { Documents } from "./documents";
import { Drafts } from "./drafts";
import { Judge } from "./judge";
import { ofFile } from "./judged";
import { Lenses } from "./lenses";
import { Marks } from "./marks";
import { type Given, middleware, tell } from "./middleware";
import { Notices } from "./notices";
import { SCHEME } from "./place";
import { Reading } from "./reading";
import { Reviews } from "./reviews";
import { Showing } from "./showing";
import { type Node, Sidebar } from "./sidebar";
import { Status } from "./status";
import { Talk } from "./talk";
import { Verdict } from "./verdict";

/** The pause after a board that could not be read. */
const RETRY_MS = 5_000;

export function activate(context: vscode.ExtensionContext): void {
  const openGiven = async ({ repository, number }: Given): Promise<boolean> => {
    const path = repository?.startsWith("file:") ? vscode.Uri.parse(repository).fsPath : repository;
    const board = boards.containing(path);
    if (board) await showing.open({ top: board.top, number });
    return board !== undefined;
  };
  const log = vscode.window.createOutputChannel("Casework", { log: true });
  const connection = new Connection(context.globalState, log, middleware(openGiven));
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
      notices.boardChanged();
    },
  );
  const sidebar = new Sidebar(boards, reviews);
  const view = vscode.window.createTreeView<Node>("casework.board", { treeDataProvider: sidebar });
  const status = new Status(connection, boards, reviews, view);
  const notices = new Notices(boards, () => view.visible);
  const drafts = new Drafts(path.join(context.globalStorageUri.fsPath, "drafts"), connection, log);
  const talk = new Talk(connection, reviews, showing, drafts);
  const deeds = new Deeds(connection, boards, showing);
  const reading = new Reading(connection, reviews, showing, log);
  const judge = new Judge(connection, reviews, showing, talk);
  const verdict = new Verdict(connection, reviews, showing);
  const commands = register({ connection, boards, reviews, showing, deeds, judge, verdict, talk, log });

  context.subscriptions.push(
    ...[
      log,
      connection,
      reviews,
      showing,
      documents,
      sidebar,
      view,
      status,
      talk,
      drafts,
      reading,
      notices,
      ...commands,
    ],
    ...draw(reviews, showing, documents),
    view.onDidChangeCheckboxState(({ items }) => void check(reading, items, log)),
    reviews.onChanged(() => sidebar.refresh()),
    connection.onState(() => status.draw()),
    ...follow(connection, boards, reviews, log),
  );
  void connection.run();
}

/** A check mark at a file says that all of it was read, or takes that back. */
async function check(
  reading: Reading,
  items: readonly [Node, vscode.TreeItemCheckboxState][],
  log: vscode.LogOutputChannel,
): Promise<void> {
  for (const [node, state] of items) {
    if (node.kind !== "file") continue;
    const hunks = ofFile(node.file).map((hunk) => hunk.id);
    try {
      await reading.tell(node, hunks, state === vscode.TreeItemCheckboxState.Checked);
    } catch (problem) {
      log.info(`check: ${String(problem)}`);
      tell(problem);
    }
  }
}

/** What is drawn into a diff, above its hunks and at its files. */
function draw(reviews: Reviews, showing: Showing, documents: Documents): Pick<vscode.Disposable, "dispose">[] {
  const lenses = new Lenses(reviews, showing);
  const decorations = new Decorations(reviews);
  return [
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, documents),
    new Marks(reviews, showing),
    lenses,
    vscode.languages.registerCodeLensProvider({ scheme: SCHEME }, lenses),
    decorations,
    vscode.window.registerFileDecorationProvider(decorations),
  ];
}

/** Keep what is shown true: read everything when the daemon is there, and what it says changed afterwards. */
function follow(
  connection: Connection,
  boards: Boards,
  reviews: Reviews,
  log: vscode.LogOutputChannel,
): vscode.Disposable[] {
  const quietly = (work: Promise<unknown>) => void work.catch((problem: unknown) => log.warn(String(problem)));
  const become = (state: string) => void vscode.commands.executeCommand("setContext", "casework.state", state);
  let retry: NodeJS.Timeout | undefined;
  const again = async (): Promise<void> => {
    clearTimeout(retry);
    try {
      await Promise.all([boards.refresh(), reviews.again()]);
      become(connection.state);
    } catch (problem) {
      log.warn(`the board could not be read: ${String(problem)}`);
      become(connection.state === "ready" ? "unread" : connection.state);
      retry = setTimeout(() => void again(), RETRY_MS);
    }
  };
  become(connection.state);
  return [
    connection.onReady(() => void again()),
    connection.onState((state) => state !== "ready" && become(state)),
    connection.onBoardChanged((change) => quietly(boards.take(change))),
    connection.onReviewChanged(({ repository, number }) => {
      const top = boards.top(repository);
      if (top !== undefined) quietly(reviews.changed({ top, number }));
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => void again()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("casework.command")) connection.reconnect();
    }),
    new vscode.Disposable(() => clearTimeout(retry)),
  ];
}
