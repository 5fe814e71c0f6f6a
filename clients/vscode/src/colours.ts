// The colours of our own. What they are in light, dark and high contrast stands in package.json, where a user's settings
// can give others; pictures beside the line numbers can't follow a setting, so what they are drawn with stands here.
import * as vscode from "vscode";
import { STROKES } from "./strokes";

export type Colour = keyof typeof STROKES | "words";

/** A colour as the theme has it. */
export function colour(name: Colour): vscode.ThemeColor {
  return new vscode.ThemeColor(`casework.${name}Foreground`);
}
