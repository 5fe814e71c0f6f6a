// What a half-written comment is, whether a value that was kept is one, and what becomes of it when another editor has
// gone on with it. Nothing here knows VS Code.

/** What a comment is about. */
export interface DraftPlace {
  top: string;
  number: number;
  path: string;
  /** The hunk, where the line lies in one: it is found again by it. */
  hunk: string | null;
  /** 0-based, on the proposed side. */
  line: number;
}

/** A half-written comment. */
export interface Draft extends DraftPlace {
  id: string;
  text: string;
  /** What the daemon, and so every other editor, has of it. */
  told?: string;
}

/** Whether a value is a draft, whoever wrote it. */
export function isDraft(value: unknown): value is Draft {
  if (typeof value !== "object" || value === null) return false;
  const one = value as Record<string, unknown>;
  const texts = [one.id, one.top, one.path, one.text];
  const hunk = one.hunk === null || typeof one.hunk === "string";
  const told = one.told === undefined || typeof one.told === "string";
  return texts.every((text) => typeof text === "string") && hunk && told && isCount(one.number) && isCount(one.line);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const ON_HUNK = "comment/";

/** What the daemon calls the place of a draft; undefined for a line between hunks, which only this client knows. */
export function nameOf({ hunk }: DraftPlace): string | undefined {
  return hunk === null ? undefined : ON_HUNK + hunk;
}

/** The hunk that a place of the daemon's names, if it names one. */
export function hunkOf(place: string): string | undefined {
  return place.startsWith(ON_HUNK) && place !== ON_HUNK ? place.slice(ON_HUNK.length) : undefined;
}

/** What is to stand at a place: `mine` lies here, `other` is what the daemon has. Undefined: nothing any more. */
export function settled(mine: Draft | undefined, other: string | undefined): string | undefined {
  if (mine === undefined) return other;
  const isTold = mine.told === mine.text;
  // What every editor had and is gone was sent or thrown away in another one.
  if (other === undefined) return isTold ? undefined : mine.text;
  return isTold ? other : joined(other, mine.text);
}

/** Two texts for one place as one, with nothing of either lost. */
function joined(first: string, second: string): string {
  if (first.startsWith(second)) return first;
  return second.startsWith(first) ? second : `${first}\n\n${second}`;
}
