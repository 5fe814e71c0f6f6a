// What this extension does differently from a plain client with what the server asks it to do.
import * as vscode from "vscode";
import { type Middleware, ResponseError } from "vscode-languageclient/node";
import { forMessage } from "./plain";
import type { Which } from "./reviews";

/** Server commands run by code actions and lenses: a refusal is a sentence, and a review opens as a diff. */
export function middleware(open: (which: Which) => Promise<void>): Middleware {
  return {
    executeCommand: async (command, args, next) => {
      const which = command === "casework.review.show" ? whichOf(args[0]) : undefined;
      if (which) return open(which);
      try {
        return (await next(command, args)) as unknown;
      } catch (problem) {
        tell(problem);
        return undefined;
      }
    },
  };
}

/** Tell the human what went wrong with what they just asked for. */
export function tell(problem: unknown): void {
  const sentence = forMessage(problem instanceof Error ? problem.message : String(problem));
  if (problem instanceof ResponseError) void vscode.window.showWarningMessage(sentence);
  else void vscode.window.showErrorMessage(sentence);
}

function whichOf(value: unknown): Which | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { repository, number } = value as Record<string, unknown>;
  return typeof repository === "string" && typeof number === "number" ? { top: repository, number } : undefined;
}
