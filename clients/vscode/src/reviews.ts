// What this window knows of reviews: the daemon's last words on each, kept until it says that they changed.
// Not here: decisions, verdicts, drawing.
import * as vscode from "vscode";
import type { Connection } from "./connection";
import { type SidePlace, versionOf } from "./place";
import { forMessage } from "./plain";
import type { ReviewView } from "./wire";

const SIDES_KEPT = 100;

/** Which review. */
export interface Which {
  top: string;
  number: number;
}

export class Reviews implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  /** Some review is not what it was. */
  readonly onChanged = this.emitter.event;
  private readonly kept = new Map<string, ReviewView>();
  private readonly sides = new Map<string, Promise<string>>();

  constructor(private readonly connection: Connection) {}

  /** The review as it was last drawn; what a verdict is about. */
  drawn({ top, number }: Which): ReviewView | undefined {
    return this.kept.get(key(top, number));
  }

  /** The review, asking for it unless it is known. */
  async get(which: Which): Promise<ReviewView> {
    return this.drawn(which) ?? this.read(which);
  }

  /** The review as it is now. */
  async read({ top, number }: Which): Promise<ReviewView> {
    const review = await this.connection.request("casework/review/show", { repository: top, number });
    this.put(top, review);
    return review;
  }

  /** Keep what the daemon answered. */
  put(top: string, review: ReviewView): void {
    this.kept.set(key(top, review.number), review);
    this.emitter.fire();
  }

  /** The daemon said that it changed: ask again if it was shown. */
  async changed({ top, number }: Which): Promise<void> {
    if (this.kept.has(key(top, number))) await this.read({ top, number });
  }

  /** After a lost connection nothing is sure. */
  async again(): Promise<void> {
    this.sides.clear();
    const known = [...this.kept.keys()].map(whichOf);
    await Promise.allSettled(known.map((which) => this.read(which)));
  }

  /** The text of one side of one file. */
  text(place: SidePlace): Promise<string> {
    const name = JSON.stringify(place);
    const known = this.sides.get(name);
    if (known) return known;
    const asked = this.askText(place);
    this.sides.set(name, asked);
    asked.catch(() => this.sides.delete(name));
    const oldest = this.sides.keys().next().value;
    if (this.sides.size > SIDES_KEPT && oldest !== undefined) this.sides.delete(oldest);
    return asked;
  }

  dispose(): void {
    this.emitter.dispose();
  }

  private async askText(place: SidePlace): Promise<string> {
    const { top, number, path, side } = place;
    const review = await this.get({ top, number });
    if (versionOf(review) !== place.version) {
      throw new Error(`Review ${number} is another one by now: close this and open the review again.`);
    }
    const content = await this.connection.request("casework/review/content", { repository: top, number, path, side });
    if (content.missing) return "";
    if (content.text !== null) return content.text;
    return `${forMessage(path)} is not text, so it is judged as a whole.\n`;
  }
}

function key(top: string, number: number): string {
  return `${number} ${top}`;
}

function whichOf(name: string): Which {
  const space = name.indexOf(" ");
  return { number: Number(name.slice(0, space)), top: name.slice(space + 1) };
}
