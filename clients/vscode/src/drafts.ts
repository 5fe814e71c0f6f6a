// Half-written comments: on disk within a second of each key, and back in the same place whatever ended the window.
// They are the human's own words and nobody else's business until they are sent, so they stay with this window.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { type Draft, isDrafts } from "./draft";

/** So long after a key it is written. */
const WRITE_MS = 300;
/** Scheme of the documents in which VS Code lets comments be typed. */
const BOX_SCHEME = "comment";

export class Drafts implements vscode.Disposable {
  private readonly kept = new Map<string, Draft>();
  /** Which draft is typed in which box. */
  private readonly boxes = new Map<string, string>();
  private readonly watches: vscode.Disposable[];
  private readonly ready: Promise<void>;
  private expected: Draft | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly folder: string | undefined,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.ready = this.load();
    this.watches = [
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.typed(document)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.boxes.delete(uri.toString())),
    ];
  }

  /** The next box that is typed into is this one's. */
  expect(draft: Draft): void {
    this.expected = draft;
  }

  /** A draft as it stands now. */
  get(id: string): Draft | undefined {
    return this.kept.get(id);
  }

  /** What was written about a file of a review and is in no box now: it wants to be put back. */
  async waiting(place: { top: string; number: number; path: string }): Promise<Draft[]> {
    await this.ready;
    const inBox = new Set(this.boxes.values());
    return [...this.kept.values()].filter(
      (one) => !inBox.has(one.id) && one.top === place.top && one.number === place.number && one.path === place.path,
    );
  }

  /** It was sent, or thrown away. */
  forget(id: string): void {
    if (this.kept.delete(id)) this.save();
  }

  dispose(): void {
    clearTimeout(this.timer);
    void this.write();
    for (const watch of this.watches) watch.dispose();
  }

  private typed(document: vscode.TextDocument): void {
    if (document.uri.scheme !== BOX_SCHEME) return;
    const box = document.uri.toString();
    const text = document.getText();
    const id = this.boxes.get(box) ?? this.begin(box, text);
    const draft = id === undefined ? undefined : this.kept.get(id);
    if (!draft) return;
    if (text.trim()) this.kept.set(draft.id, { ...draft, text });
    else this.kept.delete(draft.id);
    this.save();
  }

  /** A box that is typed into for the first time: one that holds what was put back, or the one that was expected. */
  private begin(box: string, text: string): string | undefined {
    const inBox = new Set(this.boxes.values());
    const back = [...this.kept.values()].find((one) => !inBox.has(one.id) && one.text === text);
    if (!back && !text.trim()) return undefined;
    const draft = back ?? this.expected;
    if (!draft) return undefined;
    if (!back) this.expected = undefined;
    this.kept.set(draft.id, draft);
    this.boxes.set(box, draft.id);
    return draft.id;
  }

  private save(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.write(), WRITE_MS);
  }

  /** Whole or not at all: a file that was cut short would lose what stood in it before. */
  private write(): Promise<void> {
    const { folder } = this;
    if (folder === undefined) return Promise.resolve();
    const all = JSON.stringify([...this.kept.values()]);
    this.writing = this.writing.then(async () => {
      try {
        await fs.mkdir(folder, { recursive: true });
        const whole = path.join(folder, "drafts.json");
        await fs.writeFile(`${whole}.new`, all, { mode: 0o600 });
        await fs.rename(`${whole}.new`, whole);
      } catch (problem) {
        this.log.warn(`half-written comments could not be kept: ${String(problem)}`);
      }
    });
    return this.writing;
  }

  private async load(): Promise<void> {
    if (this.folder === undefined) return;
    try {
      const value: unknown = JSON.parse(await fs.readFile(path.join(this.folder, "drafts.json"), "utf8"));
      if (isDrafts(value)) for (const one of value) this.kept.set(one.id, one);
    } catch (problem) {
      this.log.debug(`no half-written comments: ${String(problem)}`);
    }
  }
}
