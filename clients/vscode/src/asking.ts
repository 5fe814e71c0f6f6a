// The three ways in which this extension asks the human something; always after the human's own key or click.
import * as vscode from "vscode";
import { forLabel } from "./plain";

/** A choice. */
export interface Choice<T> extends vscode.QuickPickItem {
  value: T;
}

let asking = 0;

/** Whether the human is being asked something now. */
export function isAsking(): boolean {
  return asking > 0;
}

async function whileAsking<T>(asked: Thenable<T>): Promise<T> {
  asking++;
  try {
    return await asked;
  } finally {
    asking--;
  }
}

/** Ask for one line. Undefined when the human turned away; empty when they just pressed Enter. */
export async function askLine(title: string, prompt: string, value = ""): Promise<string | undefined> {
  const said = await whileAsking(
    vscode.window.showInputBox({ title: forLabel(title), prompt, value, ignoreFocusOut: true }),
  );
  return said?.trim();
}

/** Ask for one line that must say something: nothing said is turned away. */
export async function askText(title: string, prompt: string): Promise<string | undefined> {
  return (await askLine(title, prompt)) || undefined;
}

/** Let the human choose; the first choice is the one that Enter takes. */
export async function choose<T>(title: string, placeHolder: string, choices: Choice<T>[]): Promise<T | undefined> {
  const plain = choices.map((choice) => ({
    ...choice,
    label: forLabel(choice.label),
    ...(choice.description === undefined ? {} : { description: forLabel(choice.description) }),
    ...(choice.detail === undefined ? {} : { detail: forLabel(choice.detail) }),
  }));
  const chosen = await whileAsking(
    vscode.window.showQuickPick(plain, {
      title: forLabel(title),
      placeHolder: forLabel(placeHolder),
      ignoreFocusOut: true,
    }),
  );
  return chosen?.value;
}
