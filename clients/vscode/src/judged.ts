// A review as a sequence of things to judge: where each one stands, which comes next, how far the human is.
// Lines are 1-based, as in the daemon's hunks. Nothing here knows VS Code.
import type { FileView, FoldView, HunkView, ReviewView } from "./wire";
import { counted } from "./plain";

/** One thing that carries a decision, with its place in the review. */
export interface Judged {
  file: FileView;
  hunk: HunkView;
  /** 0-based, over all files. */
  index: number;
}

/** Everything that carries a decision, in reading order. */
export function judged(review: ReviewView): Judged[] {
  return review.files
    .flatMap((file) => ofFile(file).map((hunk) => ({ file, hunk })))
    .map((one, index) => ({ ...one, index }));
}

/** What carries a decision in one file. */
export function ofFile(file: FileView): HunkView[] {
  return file.whole ? [file.whole] : file.hunks;
}

/** The hunk that holds `line` of one side. */
export function hunkAt(file: FileView, side: "base" | "head", line: number): HunkView | undefined {
  if (file.whole) return file.whole;
  return file.hunks.find((hunk) => {
    const [start, lines] = side === "base" ? [hunk.old_start, hunk.old_lines] : [hunk.new_start, hunk.new_lines];
    return line >= Math.max(1, start) && line <= Math.max(1, start + Math.max(lines, 1) - 1);
  });
}

/** The order of decisions: everything that stands alone, then the folds, each by its first hunk. */
export function reading(review: ReviewView): Judged[] {
  const all = judged(review);
  const folds = review.folds.map((fold) => all.find((one) => one.hunk.id === fold.hunks[0]));
  return [...all.filter((one) => !foldOf(review, one.hunk)), ...folds.filter((one) => one !== undefined)];
}

/** The fold that a hunk is decided with. */
export function foldOf(review: ReviewView, hunk: HunkView): FoldView | undefined {
  return review.folds.find((fold) => fold.id === hunk.fold);
}

/** The first undecided one behind `after`, going round; undefined when everything is decided. */
export function nextOpen(review: ReviewView, after?: string): Judged | undefined {
  const all = reading(review);
  const holds = (one: Judged) =>
    one.hunk.id === after || (after !== undefined && foldOf(review, one.hunk)?.hunks.includes(after));
  const from = all.findIndex(holds) + 1;
  return [...all.slice(from), ...all.slice(0, from)].find((one) => one.hunk.decision === "none");
}

/** The lines of the right side that a hunk really changes; `end < start` where it only removes lines. */
export function changedLines(
  hunk: HunkView,
  base: readonly string[],
  head: readonly string[],
): { start: number; end: number } {
  const before = side(base, hunk.old_start, hunk.old_lines);
  const after = side(head, hunk.new_start, hunk.new_lines);
  const shorter = Math.min(before.length, after.length);
  let top = 0;
  while (top < shorter && before[top] === after[top]) top++;
  let bottom = 0;
  while (bottom < shorter - top && before[before.length - 1 - bottom] === after[after.length - 1 - bottom]) bottom++;
  const start = Math.max(1, hunk.new_start) + top;
  return { start, end: Math.max(1, hunk.new_start) + after.length - bottom - 1 };
}

function side(lines: readonly string[], start: number, count: number): readonly string[] {
  return count === 0 ? [] : lines.slice(start - 1, start - 1 + count);
}

/** `3 accepted, 1 rejected, 4 to judge`. */
export function progress(review: ReviewView): string {
  const parts = [
    review.accepted ? `${review.accepted} accepted` : "",
    review.rejected ? `${review.rejected} rejected` : "",
    review.undecided ? `${review.undecided} to judge` : "",
  ];
  return parts.filter((part) => part).join(", ") || "nothing to judge";
}

/** What stands behind a file in the sidebar. */
export function fileProgress(file: FileView): string {
  const all = ofFile(file);
  const decided = all.filter((hunk) => hunk.decision !== "none").length;
  if (decided === 0) return file.whole ? "whole file" : counted(all.length, "hunk");
  if (decided < all.length) return `${decided} of ${all.length} judged`;
  const rejected = all.filter((hunk) => hunk.decision === "rejected").length;
  if (rejected === 0) return "accepted";
  return rejected === all.length ? "rejected" : `${all.length - rejected} accepted, ${rejected} rejected`;
}
