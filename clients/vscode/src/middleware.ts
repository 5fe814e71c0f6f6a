// What this extension does differently from a plain client with what the server asks it to do.
import * as vscode from "vscode";
import { type Middleware, ResponseError } from "vscode-languageclient/node";
import { forMessage } from "./plain";
import { Command } from "./wire";

/** Commands of the server's that open a review: here as a diff. */
const OPENS = new Set<string>([Command.reviewShow, Command.reviewDocument]);

/** What a server command was given. */
export interface Given {
  repository: string | undefined;
  number: number;
}

/** Server commands run by code actions and lenses: a refusal is a sentence, and a review opens as a diff. */
export function middleware(open: (given: Given) => Promise<boolean>): Middleware {
  return {
    handleDiagnostics: (uri, diagnostics, next) => next(uri, diagnostics.map(quiet)),
    executeCommand: async (command, args, next) => {
      try {
        const given = OPENS.has(command) ? givenTo(args[0]) : undefined;
        if (given && (await open(given))) return undefined;
        return (await next(command, args)) as unknown;
      } catch (problem) {
        tell(problem);
        return undefined;
      }
    },
  };
}

/** That a review changes a place is no problem of the code: it is marked, with its actions, but not underlined. */
function quiet(found: vscode.Diagnostic): vscode.Diagnostic {
  if (found.code === "review" && found.severity === vscode.DiagnosticSeverity.Information) {
    found.severity = vscode.DiagnosticSeverity.Hint;
  }
  return found;
}

/** Tell the human what went wrong with what they just asked for. */
export function tell(problem: unknown): void {
  const sentence = forMessage(problem instanceof Error ? problem.message : String(problem));
  if (problem instanceof ResponseError) void vscode.window.showWarningMessage(sentence);
  else void vscode.window.showErrorMessage(sentence);
}

function givenTo(value: unknown): Given | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { repository, number } = value as Record<string, unknown>;
  if (typeof number !== "number") return undefined;
  return { number, repository: typeof repository === "string" ? repository : undefined };
}
