// Tasks and reviews as Markdown: what stands in a task's document, and what the comment "why" says.
// Texts of others stand there as themselves; only the comment of a review is Markdown of its own.
import type { CriterionView, HunkView, ReviewView, RunView, TaskCard, TaskView } from "./wire";
import { counted, forMarkdown, oneLine, withoutPictures } from "./plain";

/** A task's document. */
export function taskText(task: TaskView): string {
  const { card } = task;
  const parts = [
    `# ${card.number}  ${oneLine(card.title)}`,
    [card.kind, card.status.replaceAll("_", " "), card.severity ?? "", card.found_in ? `found in ${card.found_in}` : ""]
      .filter((part) => part)
      .join(" · "),
    said(task.reason),
    section("Intent", task.intent),
    section("Why", task.why),
    section("Skeleton", card.skeleton),
    section("Criteria", task.criteria.map((one) => `- ${one.id}  ${oneLine(one.text)}`).join("\n")),
    section("Scope", task.scope.map((glob) => `- ${oneLine(glob)}`).join("\n")),
    section("Checks", task.checks.map((check) => `- ${oneLine(check)}`).join("\n")),
    section("Ticket, as it arrived", fenced(task.ticket)),
    section("Runs", task.runs.map(runLine).join("\n")),
    section("Landed as", task.commit ?? ""),
    section(
      "Follow-ups",
      task.follow_ups.map((one) => `- ${one.number}  ${oneLine(one.title)}  (${one.status})`).join("\n"),
    ),
  ];
  return parts.filter((part) => part).join("\n\n") + "\n";
}

/** The comment that is already written: what changed and why, the criteria with what is known of each, the checks. */
export function whyText(review: ReviewView): string {
  const left = review.follow_ups.map(leftLine).join("\n");
  const parts = [
    review.reason ? `**${forMarkdown(review.reason)}**` : "",
    withoutPictures(review.comment).trim(),
    review.criteria.map(criterionLine).join("\n"),
    forMarkdown(review.checks),
    left ? `Left for later:\n\n${left}` : "",
    review.left_out.map(forMarkdown).join("\n\n"),
    review.status === "in_review" ? keysLine(review) : "",
  ];
  return parts.filter((part) => part).join("\n\n");
}

/** What changed in a hunk since the human read it, and what they had said to it then. */
export function sinceText(hunk: HunkView): string {
  const was =
    hunk.was === "none" ? "" : `You had ${hunk.was} it${hunk.was_reason ? `: ${forMarkdown(hunk.was_reason)}` : "."}`;
  return [was, fenced(hunk.since, "diff")].filter((part) => part).join("\n\n") || "It stands there as another one now.";
}

function keysLine(review: ReviewView): string {
  const verdicts = review.modes.length ? `\`A\` ${forMarkdown(review.approve_label)} · ` : "";
  return `\`a\` accept · \`r\` reject · \`c\` comment · \`u\` take back · ${verdicts}\`R\` ${forMarkdown(review.request_label)} · \`?\` keys`;
}

function leftLine(one: TaskCard): string {
  const skeleton = one.skeleton ? `skeleton of ${forMarkdown(one.skeleton)}` : "";
  const words = [one.kind, one.severity ?? "", skeleton].filter((word) => word).join(", ");
  return `- ${one.number}  ${forMarkdown(one.title)} (${words})`;
}

function criterionLine(one: CriterionView): string {
  const state = { verified: "**verified**", claimed: "*claimed*", not_checked: "not checked" }[one.state];
  const known = one.sentence ? ` ${forMarkdown(one.sentence)}` : "";
  return `- ${state} · ${forMarkdown(one.id)} ${forMarkdown(one.text)}${known}`;
}

function runLine(run: RunView): string {
  const spent = run.cost_microdollars === null ? "" : ` · $${(run.cost_microdollars / 1_000_000).toFixed(2)}`;
  const reason = run.reason ? `: ${oneLine(run.reason)}` : "";
  return `- run ${run.n} · ${oneLine(run.agent)} · ${run.state} · ${counted(run.steps, "step")}${spent}${reason}`;
}

function section(title: string, text: string): string {
  return text.trim() ? `## ${title}\n${text.trim()}` : "";
}

function said(text: string): string {
  return text ? `> ${oneLine(text)}` : "";
}

/** A fence longer than any in the text, so that the text can't end it. */
function fenced(text: string, language = "text"): string {
  if (!text.trim()) return "";
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\s+$/, "")}\n${fence}`;
}
