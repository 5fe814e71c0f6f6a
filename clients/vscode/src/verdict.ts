// The verdict: approve what is shown, request changes, or take an approval back.
// An approval carries the hash of the review as this window last drew it; the daemon compares.
import * as vscode from "vscode";
import { type Choice, askLine, choose } from "./asking";
import type { Connection } from "./connection";
import { say } from "./judge";
import { progress } from "./judged";
import { counted, forMessage } from "./plain";
import { placeOf } from "./place";
import { type Reviews, type Which } from "./reviews";
import type { Showing } from "./showing";
import type { AnswerReview, ApprovalView, LandingMode, ReviewView, Status, TaskView } from "./wire";

const LANDING_ENDS: Status[] = ["landed", "in_review"];
const LANDING_PATIENCE_S = 120;

/** What the human chose when they were asked. */
type Answer = { mode?: LandingMode; approval?: ApprovalView } | "look";

export class Verdict {
  constructor(
    private readonly connection: Connection,
    private readonly reviews: Reviews,
    private readonly showing: Showing,
  ) {}

  /** Approve. Asks first wherever the human may not know what will happen; says what Enter does. */
  async approve(which: Which, alwaysAsk = false): Promise<void> {
    const fromDiff = lookingAt(which);
    if (fromDiff && !this.showing.awake) return;
    const review = (fromDiff && this.reviews.drawn(which)) || (await this.reviews.read(which));
    if (review.change_kind === "range") return this.doneReading(which);
    if (!waits(review)) return;
    const unsaved = unsavedOf(review);
    // How a branch lands is chosen each time; everything else has one usual way.
    const known = fromDiff && review.undecided === 0 && review.change_kind !== "branch";
    const sure = known && unsaved.length === 0 && !alwaysAsk;
    const [usual] = review.modes;
    const answer: Answer | undefined = sure ? (usual ? { mode: usual.mode } : {}) : await ask(review, unsaved);
    if (answer === undefined) return;
    if (answer === "look") return this.showing.open(which);
    for (const document of unsaved) {
      if (!(await document.save())) {
        warn(`${document.fileName} could not be saved, so review ${review.number} was not approved.`);
        return;
      }
    }
    const { mode, approval } = answer;
    const how = approval ? { rest: approval.rest, only_accepted: approval.only_accepted } : {};
    await this.answer(which, approval?.shown ?? review.shown, {
      verdict: "approve",
      ...(mode ? { mode } : {}),
      ...how,
    });
  }

  /** Send it back with what is to change: `said` already, or asked for. */
  async requestChanges(which: Which, said = ""): Promise<void> {
    const fromDiff = lookingAt(which);
    if (fromDiff && !said && !this.showing.awake) return;
    const review = (fromDiff && this.reviews.drawn(which)) || (await this.reviews.read(which));
    if (!waits(review)) return;
    const along =
      review.comments.length +
      review.files
        .flatMap((file) => [...file.hunks, ...(file.whole ? [file.whole] : [])])
        .reduce((sum, hunk) => sum + hunk.comments.length, 0);
    const carried = [
      review.rejected ? counted(review.rejected, "rejected hunk") : "",
      along ? counted(along, "comment") : "",
    ].filter((part) => part);
    const prompt = carried.length ? `${carried.join(" and ")} will go along.` : "What is to change?";
    const message =
      said || (await askLine(`${review.request_label}: review ${review.number}`, `${prompt} Enter sends it back.`));
    if (message === undefined) return;
    await this.answer(which, review.shown, { verdict: "request_changes", message });
  }

  /** Close a review of history. */
  async doneReading({ top, number }: Which): Promise<void> {
    await this.connection.deed("casework/review/read", { repository: top, number });
    await this.showing.close({ top, number });
    say(`Review ${number} is read`);
  }

  /** Take a landed approval back. */
  async undo({ top, number }: Which): Promise<void> {
    const task = await this.connection.request("casework/task/show", { repository: top, number });
    const commit = task.commit?.slice(0, 10) ?? "it";
    const sure = await choose(`Undo: ${task.card.title}`, "The review opens again with everything that was decided", [
      { label: `Take ${commit} back`, description: "what was landed goes, and nothing else", value: true },
    ]);
    if (!sure) return;
    await this.connection.deed("casework/review/undo", { repository: top, number });
    say(`${commit} is taken back, and review ${number} waits again`);
  }

  private async answer(
    which: Which,
    shown: string,
    verdict: Pick<AnswerReview, "verdict" | "mode" | "message" | "rest" | "only_accepted">,
  ): Promise<void> {
    const { top, number } = which;
    let after: TaskView;
    try {
      after = await this.connection.deed("casework/review/answer", {
        repository: top,
        number,
        shown,
        ...verdict,
      });
    } catch (problem) {
      // Refused: what stands there now is not what was judged. It is shown as it is; the sentence is told by the caller.
      await this.reviews.read(which);
      throw problem;
    }
    await this.showing.close(which);
    if (verdict.verdict === "approve") await this.tellLanding(which, after);
    else say(`Review ${number} went back: ${after.card.detail}`);
  }

  /** A landing that was announced ends by itself: say how. */
  private async tellLanding({ top, number }: Which, task: TaskView): Promise<void> {
    let after = task;
    if (after.card.status === "landing") {
      const asked = { repository: top, number, statuses: LANDING_ENDS, timeout_s: LANDING_PATIENCE_S };
      after = await this.connection.request("casework/task/wait", asked);
    }
    const { card, commit, reason } = after;
    if (card.status === "in_review") {
      warn(reason || `Review ${number} did not land and waits again.`);
      await this.showing.open({ top, number });
    } else {
      say(commit ? `Landed as ${commit.slice(0, 10)}: ${card.title}` : `${card.detail}: ${card.title}`);
    }
  }
}

function ask(review: ReviewView, unsaved: vscode.TextDocument[]): Promise<Answer | undefined> {
  const save = unsaved.length ? `Save ${names(unsaved)} and approve: ` : "";
  const [usual, ...otherModes] = review.modes;
  const mode = usual ? { mode: usual.mode } : {};
  // Every way to approve that comes to something else, the usual one first; then other ways to land the usual one.
  const choices: Choice<Answer>[] = review.approvals.map((approval, index) => ({
    label: save + approval.label,
    ...(index === 0 && usual && usual.label !== approval.label ? { detail: usual.label } : {}),
    value: { ...mode, approval },
  }));
  choices.push(...otherModes.map((other) => ({ label: save + other.label, value: { mode: other.mode } })));
  const said = review.unread ? `${progress(review)}. ${review.unread}` : progress(review);
  if (review.undecided) {
    choices.push({
      label: "Look at what is left first",
      description: counted(review.undecided, "hunk"),
      value: "look",
    });
  }
  return choose(`Approve review ${review.number}: ${review.title}`, said, choices);
}

function names(documents: vscode.TextDocument[]): string {
  const first = documents[0]?.fileName.split("/").pop() ?? "";
  return documents.length === 1 ? first : counted(documents.length, "file");
}

function unsavedOf(review: ReviewView): vscode.TextDocument[] {
  const touched = new Set([...review.files.map((file) => file.absolute), ...review.unsaved]);
  return vscode.workspace.textDocuments.filter(
    (one) => one.isDirty && one.uri.scheme === "file" && touched.has(one.uri.fsPath),
  );
}

/** Whether the diff of this review has the focus: the human sees what they judge. */
function lookingAt({ top, number }: Which): boolean {
  const place = vscode.window.activeTextEditor && placeOf(vscode.window.activeTextEditor.document.uri);
  return place?.kind === "side" && place.top === top && place.number === number;
}

function waits(review: ReviewView): boolean {
  if (review.status === "in_review") return true;
  const by = review.answered_by ? ` by ${review.answered_by}` : "";
  const how =
    review.verdict === "approve"
      ? "was approved"
      : review.verdict
        ? "was sent back"
        : `is ${review.status.replaceAll("_", " ")}`;
  warn(`Review ${review.number} ${how}${by}; nothing was done a second time.`);
  return false;
}

function warn(sentence: string): void {
  void vscode.window.showWarningMessage(forMessage(sentence));
}
