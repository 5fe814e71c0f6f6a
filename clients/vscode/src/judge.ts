// The keys of a review: each one judges what the cursor is on and goes on to the next, one after the other.
// Not here: verdicts on the whole (verdict.ts).
import * as vscode from "vscode";
import { askLine } from "./asking";
import type { Connection } from "./connection";
import { BOX_SCHEME } from "./drafts";
import { foldOf, judged, hunkAt, nextOpen, ofFile, progress } from "./judged";
import type { HunkName } from "./lenses";
import { forLabel } from "./plain";
import type { Reviews } from "./reviews";
import type { Showing, Sight } from "./showing";
import type { Talk } from "./talk";
import { activeEditor } from "./whole";
import type { Decision, FileView, HunkView, ReviewView } from "./wire";

const REMEMBERED = 200;

interface Deed {
  top: string;
  number: number;
  hunks: string[];
}

/** What a deed is about. */
interface Aim {
  top: string;
  review: ReviewView;
}
interface HunkAim extends Aim {
  file: FileView;
  hunk: HunkView;
}

export class Judge {
  private queue: Promise<void> = Promise.resolve();
  /** What was decided in this window, the last one last: what `take back` goes back over. */
  private readonly deeds: Deed[] = [];
  /** Keys that let the human write something, and whose box is not there or not answered yet. */
  private asked = 0;

  constructor(
    private readonly connection: Connection,
    private readonly reviews: Reviews,
    private readonly showing: Showing,
    private readonly talk: Talk,
  ) {}

  /** Accept a hunk: the one named, else the one under the cursor. */
  async accept(given?: HunkName): Promise<void> {
    if (this.isEarly(given)) return;
    await this.inTurn(given, async (aim) => this.decide(aim, together(aim), "accepted"));
  }

  /** Reject a hunk, with a reason in one line. */
  async reject(given?: HunkName): Promise<void> {
    if (this.isEarly(given)) return;
    await this.writing((written) =>
      this.inTurn(given, async (aim) => {
        const title = `Reject ${where(aim)}: why?`;
        const reason = await askLine(title, "A reason in one line; Enter alone gives none");
        written();
        if (reason !== undefined) await this.decide(aim, together(aim), "rejected", reason);
      }),
    );
  }

  /** Accept what is undecided in this file. */
  async acceptFile(given?: { top: string; number: number; path: string }): Promise<void> {
    if (this.isEarly(given)) return;
    await this.behind(async () => {
      const sight = given ? undefined : await this.sight();
      const { top, number, path } = given ?? sight?.place ?? {};
      if (top === undefined || number === undefined) return;
      const review = sight?.review ?? (await this.reviews.get({ top, number }));
      const file = review.files.find((one) => one.path === path);
      if (!file) return;
      const open = ofFile(file).filter((hunk) => hunk.decision === "none");
      if (open.length) await this.decide({ top, review }, open, "accepted");
      else await this.goOn(top, review, ofFile(file).at(-1)?.id);
    });
  }

  /** Take back what was decided on the hunk meant, else the last decision made in this window. */
  async takeBack(given?: HunkName): Promise<void> {
    if (this.isEarly(given)) return;
    await this.behind(async () => {
      const sight = given ? undefined : await this.sight();
      const hunk = sight && hunkUnder(sight);
      const aim = given ? await this.named(given) : sight && hunk && aimOf(sight, hunk);
      if (aim && aim.hunk.decision !== "none")
        return this.undecide(
          aim,
          together(aim).map((hunk) => hunk.id),
        );
      if (!sight) return;
      const { top, number } = sight.place;
      const last = this.deeds.findLastIndex((deed) => deed.top === top && deed.number === number);
      const [deed] = last < 0 ? [] : this.deeds.splice(last, 1);
      if (deed) await this.undecide({ top, review: sight.review }, deed.hunks);
      else say("There is no decision to take back here");
    });
  }

  /** Comment on a hunk, in a box at it; between hunks on the line. */
  async comment(given?: HunkName): Promise<void> {
    if (this.isEarly(given)) return;
    await this.writing(() => this.behind(() => this.openBox(given)));
  }

  /** Put the cursor on a hunk. */
  open(given: HunkName): Promise<void> {
    return this.behind(async () => {
      const aim = await this.named(given);
      if (aim) await this.goTo(aim, aim.hunk);
    });
  }

  /** Do something once every key that was pressed before has had its effect. */
  behind(act: () => Promise<void>): Promise<void> {
    const turn = this.queue.then(act);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  /** Keys come faster than answers: each waits for the one before, and looks where the cursor is then. */
  private inTurn(given: HunkName | undefined, act: (aim: HunkAim) => Promise<void>): Promise<void> {
    return this.behind(async () => {
      const sight = given ? undefined : await this.sight();
      const aim = given ? await this.named(given) : sight && (await this.underCursor(sight));
      if (aim) await act(aim);
    });
  }

  /**
   * Whether a key came before the box that the human asked for with the key before it: it belongs into that box, and
   * decides nothing.
   */
  isEarly(given?: unknown): boolean {
    return given === undefined && this.asked > 0;
  }

  /** Let the human write something: until it is written, or its box has the focus, letters are meant for it. */
  async writing(act: (written: () => void) => Promise<void>): Promise<void> {
    let open = 1;
    const written = () => {
      this.asked -= open;
      open = 0;
    };
    this.asked++;
    try {
      await act(written);
    } finally {
      written();
    }
  }

  private async openBox(given?: HunkName): Promise<void> {
    const sight = given ? undefined : await this.sight();
    const hunk = sight?.place.side === "base" ? hunkUnder(sight) : undefined;
    const aim = given ? await this.named(given) : sight && hunk && aimOf(sight, hunk);
    if (aim) await this.goTo(aim, aim.hunk);
    if (!given && !sight) return;
    const seen = await this.showing.sight();
    if (!seen) return;
    const line = seen.editor.selection.active.line;
    const on = hunkUnder(seen);
    const { top, number, path } = seen.place;
    await this.talk.write({ top, number, path, hunk: on?.id ?? null, line }, seen.editor.document);
    await activeEditor((editor) => editor?.document.uri.scheme === BOX_SCHEME);
  }

  private async sight(): Promise<Sight | undefined> {
    return this.showing.awake ? this.showing.sight() : undefined;
  }

  /** The hunk that was named, if it is still there. */
  private async named({ top, number, hunk }: HunkName): Promise<HunkAim | undefined> {
    const review = await this.reviews.get({ top, number });
    const one = judged(review).find((found) => found.hunk.id === hunk);
    if (one) return { top, review, file: one.file, hunk: one.hunk };
    void vscode.window.showWarningMessage(`Review ${number} is another one by now, so nothing was decided.`);
    return undefined;
  }

  /** Between hunks nothing is judged: the cursor goes to the next one instead. */
  private async underCursor(sight: Sight): Promise<HunkAim | undefined> {
    const hunk = hunkUnder(sight);
    if (hunk) return aimOf(sight, hunk);
    const line = sight.editor.selection.active.line + 1;
    const next =
      sight.file.hunks.find((one) => (sight.place.side === "base" ? one.old_start : one.new_start) > line) ??
      sight.file.hunks[0];
    if (next) await this.goTo({ top: sight.place.top, review: sight.review }, next);
    say("The cursor was on no hunk, so nothing was decided");
    return undefined;
  }

  private async goTo({ top, review }: Aim, hunk: HunkView): Promise<void> {
    const one = judged(review).find((found) => found.hunk.id === hunk.id);
    if (one) await this.showing.show(top, review, one);
  }

  private async decide({ top, review }: Aim, hunks: HunkView[], decision: Decision, reason = ""): Promise<void> {
    const ids = hunks.map((hunk) => hunk.id);
    const after = await this.send(top, review.number, ids, decision, reason);
    this.deeds.push({ top, number: review.number, hunks: ids });
    if (this.deeds.length > REMEMBERED) this.deeds.shift();
    await this.goOn(top, after, ids.at(-1));
  }

  private async undecide({ top, review }: Aim, hunks: string[]): Promise<void> {
    const after = await this.send(top, review.number, hunks, "none", "");
    const one = judged(after).find((found) => found.hunk.id === hunks[0]);
    if (one) await this.showing.show(top, after, one);
    say(`Taken back: ${progress(after)}`);
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

function hunkUnder({ editor, file, place }: Sight): HunkView | undefined {
  return hunkAt(file, place.side, editor.selection.active.line + 1);
}

function aimOf({ place, review, file }: Sight, hunk: HunkView): HunkAim {
  return { top: place.top, review, file, hunk };
}

/** What one decision on a hunk decides: the hunk, or the whole fold that it is part of. */
function together({ review, hunk }: HunkAim): HunkView[] {
  const fold = foldOf(review, hunk);
  return fold ? judged(review).flatMap((one) => (fold.hunks.includes(one.hunk.id) ? [one.hunk] : [])) : [hunk];
}

function where({ file, review, hunk }: HunkAim): string {
  const index = judged(review).findIndex((one) => one.hunk.id === hunk.id);
  const fold = foldOf(review, hunk);
  return fold ? forLabel(fold.title) : `hunk ${index + 1} of ${review.hunks}, ${forLabel(file.shown_path)}`;
}

/** In the status bar, for a while. */
export function say(text: string): void {
  vscode.window.setStatusBarMessage(`$(checklist) ${forLabel(text)}`, 6_000);
}
