// Text from agents, tickets and file names, made harmless for the places where VS Code gives characters a meaning.
// Not here: what the texts say.

/** What draws nothing, or turns the direction of writing around: never part of a label. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line without control or direction characters. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").replace(INVISIBLE, "").trim();
}

/** For quick picks and the status bar, where `$(name)` would be drawn as an icon. */
export function forLabel(text: string): string {
  return oneLine(text).replaceAll("$(", "$\u2060(");
}

/** For messages, where `[text](command:...)` would be a link that runs a command. */
export function forMessage(text: string): string {
  return oneLine(text).replaceAll("](", "]\u2060(");
}

/** For Markdown: every character stands for itself. */
export function forMarkdown(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]()#+\-.!|<>~$&]/g, "\\$&");
}

/** Markdown as it was written, except that it loads no picture from anywhere and keeps its line breaks. */
export function withoutPictures(markdown: string): string {
  return markdown
    .replace(/\r\n?/g, "\n")
    .replaceAll("![", "!\\[")
    .replace(/<(?=[a-zA-Z/!])/g, "&lt;");
}

/** `1 file`, `2 files`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
