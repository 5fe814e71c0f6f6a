// Half-written comments: on disk within a second of each key, whatever ends the window, the editor or the machine's mind.
// One file each, so that windows do not write over each other. They are the human's own words until they are sent.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { type Draft, isDraft } from "./draft";

/** So long after a key it is written. */
const WRITE_MS = 300;
/** Scheme of the documents in which VS Code lets comments be typed. */
export const BOX_SCHEME = "comment";

export class Drafts implements vscode.Disposable {
  /** What was typed or put back in this window. */
  private readonly known = new Map<string, Draft>();
  /** Which draft is typed in which box. */
  private readonly boxes = new Map<string, string>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly watches: vscode.Disposable[];
  private expected: Draft | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly folder: string,
    private readonly log: vscode.LogOutputChannel,
  ) {
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
    return this.known.get(id);
  }

  /** What was written about a file of a review and is in no box now: it wants to be put back. */
  async waiting(place: { top: string; number: number; path: string }): Promise<Draft[]> {
    await this.writing;
    const found = (await this.read()).filter(
      (one) => one.top === place.top && one.number === place.number && one.path === place.path,
    );
    const inBox = new Set(this.boxes.values());
    const waiting = found.filter((one) => !inBox.has(one.id));
    for (const one of waiting) this.known.set(one.id, one);
    return waiting;
  }

  /** It was sent, or thrown away. */
  forget(id: string): void {
    this.known.delete(id);
    this.write(id);
  }

  dispose(): void {
    for (const id of this.timers.keys()) this.write(id);
    for (const watch of this.watches) watch.dispose();
  }

  private typed(document: vscode.TextDocument): void {
    if (document.uri.scheme !== BOX_SCHEME) return;
    const box = document.uri.toString();
    const text = document.getText();
    const draft = this.inBox(box, text);
    if (!draft || draft.text === text) return;
    this.known.set(draft.id, { ...draft, text });
    clearTimeout(this.timers.get(draft.id));
    this.timers.set(
      draft.id,
      setTimeout(() => this.write(draft.id), WRITE_MS),
    );
  }

  /** The draft of a box. One that is typed into for the first time holds what was put back, or is the one expected. */
  private inBox(box: string, text: string): Draft | undefined {
    const id = this.boxes.get(box);
    if (id !== undefined) return this.known.get(id);
    const inBox = new Set(this.boxes.values());
    const back = [...this.known.values()].find((one) => !inBox.has(one.id) && one.text === text);
    const draft = back ?? (text.trim() ? this.expected : undefined);
    if (!draft) return undefined;
    if (!back) this.expected = undefined;
    this.known.set(draft.id, draft);
    this.boxes.set(box, draft.id);
    return draft;
  }

  /** Bring one file to what is known, whole or not at all: one that was cut short would lose what stood in it before. */
  private write(id: string): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.writing = this.writing.then(async () => {
      const draft = this.known.get(id);
      const file = path.join(this.folder, `${id}.json`);
      try {
        await fs.mkdir(this.folder, { recursive: true, mode: 0o700 });
        if (!draft?.text.trim()) {
          await fs.rm(file, { force: true });
          return;
        }
        await fs.writeFile(`${file}.new`, JSON.stringify(draft), { mode: 0o600 });
        await fs.rename(`${file}.new`, file);
      } catch (problem) {
        this.log.warn(`a half-written comment could not be kept: ${String(problem)}`);
      }
    });
  }

  private async read(): Promise<Draft[]> {
    const names = await fs.readdir(this.folder).catch(() => []);
    const found = await Promise.all(names.filter((name) => name.endsWith(".json")).map((name) => this.readOne(name)));
    return found.filter((one) => one !== undefined);
  }

  private async readOne(name: string): Promise<Draft | undefined> {
    try {
      const value: unknown = JSON.parse(await fs.readFile(path.join(this.folder, name), "utf8"));
      return isDraft(value) && `${value.id}.json` === name ? value : undefined;
    } catch (problem) {
      this.log.debug(`a half-written comment could not be read: ${String(problem)}`);
      return undefined;
    }
  }
}
