// What came to need the human since it was last told or seen. Nothing here knows VS Code or a clock.
import type { Placed } from "./boards";
import { counted } from "./plain";
import type { TaskCard } from "./wire";

type What = "review" | "question" | "failure" | "other";

export class Gathered {
  private known: Set<string> | undefined;
  private fresh = new Map<string, What>();

  /** What has come and was neither told nor seen. */
  get waiting(): What[] {
    return [...this.fresh.values()];
  }

  /** Take what needs the human now. What stood there when the window opened is not news; what is gone needs nobody. */
  take(cards: readonly Placed[]): void {
    const now = new Map(cards.map(({ top, card }) => [keyOf(top, card), whatOf(card)]));
    for (const key of this.fresh.keys()) if (!now.has(key)) this.fresh.delete(key);
    if (this.known) for (const [key, what] of now) if (!this.known.has(key)) this.fresh.set(key, what);
    this.known = new Set(now.keys());
  }

  /** It was told, or stands before the human's eyes. */
  seen(): void {
    this.fresh.clear();
  }
}

/** `2 reviews and 1 question need you.` */
export function sentenceOf(waiting: readonly What[]): string {
  const names: [What, string, string][] = [
    ["review", "review", "reviews"],
    ["question", "question", "questions"],
    ["failure", "task that failed", "tasks that failed"],
    ["other", "task", "tasks"],
  ];
  const parts = names
    .map(([what, one, many]) => ({ count: waiting.filter((each) => each === what).length, one, many }))
    .filter(({ count }) => count)
    .map(({ count, one, many }) => counted(count, one, many));
  const last = parts.pop() ?? "";
  const all = parts.length ? `${parts.join(", ")} and ${last}` : last;
  return `${all} ${waiting.length === 1 ? "needs" : "need"} you.`;
}

function whatOf(card: TaskCard): What {
  if (card.questions.length) return "question";
  if (card.status === "in_review") return "review";
  return card.icon === "failed" ? "failure" : "other";
}

/** Another run's review, or another question, is another thing. */
function keyOf(top: string, card: TaskCard): string {
  return JSON.stringify([top, card.number, card.status, card.questions.map((question) => question.id)]);
}
