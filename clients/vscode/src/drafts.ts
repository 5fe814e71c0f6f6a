// Half-written comments: on disk within a second of each key, whatever ends the window, the editor or the machine's mind,
// and told to the daemon, so that every other editor can go on with them. One file each, so that windows do not write
// over each other. They are the human's own words until they are sent.
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Connection } from "./connection";
import { type Draft, hunkOf, isDraft, nameOf, settled } from "./draft";
import type { Which } from "./reviews";

/** Where the hunks stand that are in sight. */
type Places = ReadonlyMap<string, { path: string; line: number }>;

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
  private syncing: Promise<void> = Promise.resolve();
  /** What was sent or thrown away here since the daemon was last asked. */
  private readonly ended = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly connection: Connection,
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

  /** It was sent, or thrown away: here, and so in every editor. */
  forget(id: string): void {
    const draft = this.known.get(id);
    this.known.delete(id);
    this.write(id);
    if (!draft) return;
    this.ended.add(keyOf(draft, nameOf(draft)));
    void this.tell({ ...draft, text: "" });
  }

  /**
   * Take over what other editors have of a review, and tell the daemon what it does not know. `places` are the hunks in
   * sight; what is `busy` is written here and now, and left alone. Where the daemon can't be asked, all stays as it is.
   */
  sync(which: Which, places: Places, busy: ReadonlySet<string>): Promise<void> {
    // One after the other, or two of them would put the same draft here twice.
    const turn = this.syncing.then(() => this.takeOver(which, places, busy));
    this.syncing = turn.catch(() => undefined);
    return turn;
  }

  private async takeOver({ top, number }: Which, places: Places, busy: ReadonlySet<string>): Promise<void> {
    this.ended.clear();
    const told = await this.told({ top, number });
    if (!told) return;
    await this.writing;
    // What was sent or thrown away here while the daemon was asked is no news from elsewhere.
    for (const name of told.keys()) if (this.ended.has(keyOf({ top, number }, name))) told.delete(name);
    const mine = new Map<string, Draft>();
    for (const one of await this.read()) {
      const name = one.top === top && one.number === number ? nameOf(one) : undefined;
      if (name !== undefined) mine.set(name, one);
    }
    const inBox = new Set([...this.boxes.values(), ...busy]);
    for (const name of new Set([...told.keys(), ...mine.keys()])) {
      const own = mine.get(name);
      if (own && inBox.has(own.id)) continue;
      const other = told.get(name);
      const text = settled(own, other);
      if (own && own.text === text && own.told === other) continue;
      const hunk = hunkOf(name) ?? "";
      const place = own ?? places.get(hunk);
      if (text === undefined && own) this.known.delete(own.id);
      if (text === undefined || !place) {
        if (own) this.write(own.id);
        continue;
      }
      const { path, line } = place;
      const draft = { id: own?.id ?? randomUUID(), top, number, path, hunk, line, text };
      this.known.set(draft.id, other === undefined ? draft : { ...draft, told: other });
      this.write(draft.id);
    }
    await this.writing;
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
    if (this.timers.has(draft.id)) return; // the first key counts, so that somebody who never pauses is not left behind
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
          if (draft) void this.tell(draft);
          return;
        }
        await fs.writeFile(`${file}.new`, JSON.stringify(draft), { mode: 0o600 });
        await fs.rename(`${file}.new`, file);
        void this.tell(draft);
      } catch (problem) {
        this.log.warn(`a half-written comment could not be kept: ${String(problem)}`);
      }
    });
  }

  /** Let every other editor have it as it is; blanks alone are forgotten there. */
  private async tell(draft: Draft): Promise<void> {
    const { id, top, number, text } = draft;
    const place = nameOf(draft);
    if (place === undefined || draft.told === text || this.connection.state !== "ready") return;
    try {
      if (text.trim()) await this.connection.request("casework/draft/keep", { repository: top, number, place, text });
      else await this.connection.request("casework/draft/forget", { repository: top, number, place });
    } catch (problem) {
      this.log.debug(`a half-written comment could not be told: ${String(problem)}`);
      return;
    }
    const now = this.known.get(id);
    if (now?.text !== text) return;
    this.known.set(id, { ...now, told: text });
    this.write(id);
  }

  /** What the daemon has of a review, by place; undefined where it can't be asked, or is too old to know. */
  private async told({ top, number }: Which): Promise<Map<string, string> | undefined> {
    if (this.connection.state !== "ready") return undefined;
    try {
      const { drafts } = await this.connection.request("casework/draft/list", { repository: top, number });
      return new Map(drafts.map(({ place, text }) => [place, text]));
    } catch (problem) {
      this.log.debug(`what is half-written elsewhere could not be read: ${String(problem)}`);
      return undefined;
    }
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

function keyOf({ top, number }: Which, name: string | undefined): string {
  return JSON.stringify([top, number, name]);
}
