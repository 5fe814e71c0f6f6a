// Names of the read-only documents that this extension shows: `casework:` addresses, and back.
// A review's document carries the two commits it lies between, so its text never changes under the reader.

export const SCHEME = "casework";

/** One side of one file of a review. */
export interface SidePlace {
  kind: "side";
  /** Top folder of the repository. */
  top: string;
  number: number;
  side: "base" | "head";
  /** As the daemon names it. */
  path: string;
  /** What the two sides are: `versionOf` the review. */
  version: string;
}

/** Everything about a task, as a document. */
export interface TaskPlace {
  kind: "task";
  top: string;
  number: number;
}

export type Place = SidePlace | TaskPlace;

/** The place of one side of a file. */
export function sideOf(
  top: string,
  review: { number: number; base: string; head: string },
  file: { path: string },
  side: "base" | "head",
): SidePlace {
  return { kind: "side", top, number: review.number, side, path: file.path, version: versionOf(review) };
}

/** Names the two sides of a review; another run or another base is another version. */
export function versionOf(review: { base: string; head: string }): string {
  return `${review.base}..${review.head}`;
}

/** The parts of an address. */
export interface Address {
  scheme: string;
  path: string;
  query: string;
}

/**
 * Write the address of a place. The path is for people and for the choice of language, the query is what counts.
 * Both sides of a file have one path, or VS Code would call it renamed.
 */
export function addressOf(place: Place): Address {
  const readable = place.kind === "task" ? `/${place.number}/task.md` : `/${place.path.replace(/^\/+/, "")}`;
  return { scheme: SCHEME, path: readable, query: JSON.stringify(place) };
}

/** Read an address; undefined when it is not one of ours, whoever made it. */
export function placeOf(address: Address): Place | undefined {
  if (address.scheme !== SCHEME) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(address.query);
  } catch {
    return undefined;
  }
  return isPlace(value) ? value : undefined;
}

function isPlace(value: unknown): value is Place {
  if (typeof value !== "object" || value === null) return false;
  const { kind, top, number, side, path, version } = value as Record<string, unknown>;
  if (typeof top !== "string" || !Number.isSafeInteger(number)) return false;
  if (kind === "task") return true;
  const sided = side === "base" || side === "head";
  return kind === "side" && sided && typeof path === "string" && typeof version === "string";
}
