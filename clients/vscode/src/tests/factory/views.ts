// Cards, boards and reviews for tests, with everything that a test does not name filled in.
import type { Board, FileView, HunkView, ReviewView, TaskCard } from "../../wire";

export function card(number: number, more: Partial<TaskCard> = {}): TaskCard {
  return {
    number,
    title: `task ${number}`,
    kind: "change",
    status: "backlog",
    group: "backlog",
    order: number,
    detail: "",
    icon: "task",
    actions: [],
    changed_seq: number,
    anchor: null,
    severity: null,
    found_in: null,
    skeleton: "",
    questions: [],
    shown: null,
    approve_label: "",
    ...more,
  };
}

export function board(cursor: number, backlog: TaskCard[]): Board {
  return {
    repository: "id",
    top: "/repo",
    name: "repo",
    cursor,
    needs_you: [],
    running: [],
    backlog,
    done: [],
    warning: "",
  };
}

export function hunk(id: string, more: Partial<HunkView> = {}): HunkView {
  return {
    id,
    header: "",
    old_start: 1,
    old_lines: 1,
    new_start: 1,
    new_lines: 1,
    added: 1,
    removed: 1,
    decision: "none",
    reason: "",
    comments: [],
    guard: null,
    guard_why: "",
    seen: false,
    stale: false,
    was: "none",
    was_reason: "",
    since: "",
    brings_back: "",
    threads: 0,
    fold: null,
    marks: [],
    more_marks: 0,
    part_of: null,
    ...more,
  };
}

export function file(path: string, hunks: HunkView[], whole: HunkView | null = null): FileView {
  return {
    path,
    shown_path: path,
    absolute: `/repo/${path}`,
    old_path: null,
    status: "modified",
    binary: false,
    why_here: "",
    hunks,
    whole,
    mode_change: "",
  };
}

export function review(files: FileView[]): ReviewView {
  const all = files.flatMap((one) => (one.whole ? [one.whole] : one.hunks));
  const count = (decision: string) => all.filter((one) => one.decision === decision).length;
  return {
    number: 12,
    title: "Refuse expired cards",
    status: "in_review",
    change_kind: "run",
    base: "b",
    head: "h",
    range_text: "",
    target: null,
    shown: "0123456789ab",
    verdict: null,
    answered_by: "",
    comment: "",
    criteria: [],
    checks: "",
    files,
    folds: [],
    not_folded: "",
    hunks: all.length,
    text_hunks: all.length,
    accepted: count("accepted"),
    rejected: count("rejected"),
    undecided: count("none"),
    minutes: 1,
    unseen: count("none"),
    stale: 0,
    unread: "",
    brings_back: 0,
    open_threads: 0,
    comments: [],
    follow_ups: [],
    left_out: [],
    modes: [],
    approve_label: "Land",
    request_label: "Request changes",
    reason: "",
    run: 1,
    commit: null,
    unsaved: [],
    approvals: [],
  };
}
