// The keys of a review: each one judges what the cursor is on and goes on to the next, one after the other.
// Not here: verdicts on the whole (verdict.ts).
import * as vscode from "vscode";
import { askLine } from "./asking";
import type { Connection } from "./connection";
import { judged, hunkAt, nextOpen, ofFile, progress } from "./judged";
import { forLabel } from "./plain";
import type { Reviews } from "./reviews";
import type { Showing, Sight } from "./showing";
import type { Decision, HunkView, ReviewView } from "./wire";

const REMEMBERED = 200;

interface Deed {
  top: string;
  number: number;
  hunks: string[];
}

export class Judge {
  private queue: Promise<void> = Promise.resolve();
  /** What was decided in this window, the last one last: what `take back` goes back over. */
  private readonly deeds: Deed[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly reviews: Reviews,
    private readonly showing: Showing,
  ) {}

  /** Accept the hunk under the cursor. */
  accept(): Promise<void> {
    return this.inTurn(async (sight) => {
      const hunk = await this.underCursor(sight);
      if (hunk) await this.decide(sight, [hunk.id], "accepted");
    });
  }

  /** Reject the hunk under the cursor, with a reason in one line. */
  reject(): Promise<void> {
    return this.inTurn(async (sight) => {
      const hunk = await this.underCursor(sight);
      if (!hunk) return;
      const reason = await askLine(
        `Reject ${where(sight, hunk)}: why?`,
        "A reason in one line; Enter alone gives none",
      );
      if (reason !== undefined) await this.decide(sight, [hunk.id], "rejected", reason);
    });
  }

  /** Accept what is undecided in this file. */
  acceptFile(): Promise<void> {
    return this.inTurn(async (sight) => {
      const open = ofFile(sight.file).filter((hunk) => hunk.decision === "none");
      if (open.length)
        await this.decide(
          sight,
          open.map((hunk) => hunk.id),
          "accepted",
        );
      else await this.goOn(sight.place.top, sight.review, ofFile(sight.file).at(-1)?.id);
    });
  }

  /** Take back what was decided on the hunk under the cursor, else the last decision made in this window. */
  takeBack(): Promise<void> {
    return this.inTurn(async (sight) => {
      const { top, number } = sight.place;
      const hunk = this.hunkUnder(sight);
      if (hunk && hunk.decision !== "none") return this.undecide(sight, [hunk.id]);
      const last = this.deeds.findLastIndex((deed) => deed.top === top && deed.number === number);
      const [deed] = last < 0 ? [] : this.deeds.splice(last, 1);
      if (deed) await this.undecide(sight, deed.hunks);
      else say("There is no decision to take back here");
    });
  }

  /** Comment on the hunk under the cursor, in the editor's own box. */
  comment(): Promise<void> {
    return this.inTurn(async (sight) => {
      if (sight.place.side === "base") {
        const hunk = this.hunkUnder(sight);
        const one = judged(sight.review).find((found) => found.hunk.id === hunk?.id);
        if (one) await this.showing.show(sight.place.top, sight.review, one);
      }
      await vscode.commands.executeCommand("workbench.action.addComment");
    });
  }

  /** Do something once every key that was pressed before has had its effect. */
  behind(act: () => Promise<void>): Promise<void> {
    const turn = this.queue.then(act);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  /** Keys come faster than answers: each waits for the one before, and looks where the cursor is then. */
  private inTurn(act: (sight: Sight) => Promise<void>): Promise<void> {
    return this.behind(async () => {
      const sight = this.showing.awake ? await this.showing.sight() : undefined;
      if (sight) await act(sight);
    });
  }

  private hunkUnder({ editor, file, place }: Sight): HunkView | undefined {
    return hunkAt(file, place.side, editor.selection.active.line + 1);
  }

  /** Between hunks nothing is judged: the cursor goes to the next one instead. */
  private async underCursor(sight: Sight): Promise<HunkView | undefined> {
    const hunk = this.hunkUnder(sight);
    if (hunk) return hunk;
    const line = sight.editor.selection.active.line + 1;
    const next =
      sight.file.hunks.find((one) => (sight.place.side === "base" ? one.old_start : one.new_start) > line) ??
      sight.file.hunks[0];
    const one = judged(sight.review).find((found) => found.hunk.id === next?.id);
    if (one) await this.showing.show(sight.place.top, sight.review, one);
    say("The cursor was on no hunk, so nothing was decided");
    return undefined;
  }

  private async decide(sight: Sight, hunks: string[], decision: Decision, reason = ""): Promise<void> {
    const { top, number } = sight.place;
    const review = await this.send(top, number, hunks, decision, reason);
    this.deeds.push({ top, number, hunks });
    if (this.deeds.length > REMEMBERED) this.deeds.shift();
    await this.goOn(top, review, hunks.at(-1));
  }

  private async undecide(sight: Sight, hunks: string[]): Promise<void> {
    const { top, number } = sight.place;
    const review = await this.send(top, number, hunks, "none", "");
    const one = judged(review).find((found) => found.hunk.id === hunks[0]);
    if (one) await this.showing.show(top, review, one);
    say(`Taken back: ${progress(review)}`);
  }

  private async send(
    top: string,
    number: number,
    hunks: string[],
    decision: Decision,
    reason: string,
  ): Promise<ReviewView> {
    const asked = { repository: top, number, hunks, decision, reason };
    const review = await this.connection.deed("casework/review/decide", asked);
    this.reviews.put(top, review);
    return review;
  }

  private async goOn(top: string, review: ReviewView, after: string | undefined): Promise<void> {
    const next = nextOpen(review, after);
    if (next) await this.showing.show(top, review, next);
  }
}

function where({ file, review }: Sight, hunk: HunkView): string {
  const index = judged(review).findIndex((one) => one.hunk.id === hunk.id);
  return `hunk ${index + 1} of ${review.hunks}, ${forLabel(file.path)}`;
}

/** In the status bar, for a while. */
export function say(text: string): void {
  vscode.window.setStatusBarMessage(`$(checklist) ${forLabel(text)}`, 6_000);
}
