// What the marks beside the line numbers are drawn with: the same as package.json says of the colours that have their
// names. Nothing here knows VS Code.

export interface Stroke {
  light: string;
  dark: string;
}

export const STROKES = {
  accepted: { light: "#116329", dark: "#3fb950" },
  rejected: { light: "#a40e26", dark: "#ff7b72" },
  unread: { light: "#0550ae", dark: "#58a6ff" },
  changed: { light: "#7d4e00", dark: "#e3b341" },
} satisfies Record<string, Stroke>;
