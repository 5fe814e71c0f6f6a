// What a half-written comment is, and whether a value that was kept is one.

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
}

/** Whether a value is a draft, whoever wrote it. */
export function isDraft(value: unknown): value is Draft {
  if (typeof value !== "object" || value === null) return false;
  const one = value as Record<string, unknown>;
  const texts = [one.id, one.top, one.path, one.text];
  const hunk = one.hunk === null || typeof one.hunk === "string";
  return texts.every((text) => typeof text === "string") && hunk && isCount(one.number) && isCount(one.line);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
