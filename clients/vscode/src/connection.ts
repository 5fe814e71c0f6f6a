// The one connection of this window to the daemon: begun, watched, begun again when the daemon comes back.
// Not here: what anything means. Whoever shows something asks anew when `onReady` fires.
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, type LanguageClientOptions } from "vscode-languageclient/node";
import { Backoff } from "./backoff";
import { forMessage } from "./plain";
import { type Relay, forget, relayStart, startRelay } from "./relay";
import { type Deed, type Methods, type Notifications, Notification } from "./wire";

export type State = "connecting" | "ready" | "offline" | "missing";

type Method = keyof Methods;
type DeedMethod = { [M in Method]: Methods[M]["params"] extends Deed ? M : never }[Method];

const PATIENCE_MS = 15_000;

/** What went wrong between us and the daemon; the daemon's own refusals come as `ResponseError`s with its sentence. */
export class Unreachable extends Error {}

/** Says everything into the log and nothing into the human's face. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export class Connection implements vscode.Disposable {
  private readonly readyEmitter = new vscode.EventEmitter<void>();
  private readonly stateEmitter = new vscode.EventEmitter<State>();
  private readonly boardEmitter = new vscode.EventEmitter<Notifications["casework/board/changed"]>();
  private readonly reviewEmitter = new vscode.EventEmitter<Notifications["casework/review/changed"]>();
  /** Connected, for the first time or again: read what you show. */
  readonly onReady = this.readyEmitter.event;
  readonly onState = this.stateEmitter.event;
  readonly onBoardChanged = this.boardEmitter.event;
  readonly onReviewChanged = this.reviewEmitter.event;

  private readonly backoff = new Backoff();
  private current: State = "connecting";
  private client: LanguageClient | undefined;
  private disposed = false;
  private wake: () => void = () => undefined;
  /** Why there is no connection, as a sentence; empty when there is one. */
  why = "";

  constructor(
    private readonly memory: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
    private readonly middleware: LanguageClientOptions["middleware"],
  ) {}

  get state(): State {
    return this.current;
  }

  /** Connect, and stay connected until disposed. */
  async run(): Promise<void> {
    while (!this.isDisposed()) {
      const began = Date.now();
      const missing = !(await this.session());
      if (this.isDisposed()) return;
      this.become(missing ? "missing" : "offline");
      await this.pause(missing ? undefined : this.backoff.after(Date.now() - began));
    }
  }

  /** Try now: the human asked, or the setting changed. */
  reconnect(): void {
    this.backoff.reset();
    this.why = "";
    if (this.client) void this.end(this.client);
    this.wake();
  }

  /** Ask the daemon something. */
  async request<M extends Method>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]> {
    const client = await this.whenReady();
    return client.sendRequest<Methods[M]["result"]>(method, params);
  }

  /** Do something once: asked again with the same key after a lost connection, because the daemon knows what is done. */
  async deed<M extends DeedMethod>(
    method: M,
    params: Omit<Methods[M]["params"], "command">,
  ): Promise<Methods[M]["result"]> {
    const keyed = { ...params, command: randomUUID() } as Methods[M]["params"];
    const client = await this.whenReady();
    try {
      return await client.sendRequest<Methods[M]["result"]>(method, keyed);
    } catch (problem) {
      if (client === this.client && client.isRunning()) throw problem;
      const again = await this.whenReady();
      return again.sendRequest<Methods[M]["result"]>(method, keyed);
    }
  }

  dispose(): void {
    this.disposed = true;
    this.wake();
    if (this.client) void this.end(this.client);
    for (const emitter of [this.readyEmitter, this.stateEmitter, this.boardEmitter, this.reviewEmitter])
      emitter.dispose();
  }

  private isDisposed(): boolean {
    return this.disposed;
  }

  /** One connection from its beginning to its end; false when there is no Casework on this machine. */
  private async session(): Promise<boolean> {
    let relay: Relay | undefined;
    try {
      const setting = vscode.workspace.getConfiguration("casework").get("command", "");
      const start = await relayStart(setting, this.memory);
      if (!start) return false;
      relay = await startRelay(start);
      await this.talk(relay);
    } catch (problem) {
      this.why = relay?.said() || (problem instanceof Error ? problem.message : String(problem));
      this.log.warn(this.why);
      if (!relay) await forget(this.memory);
    }
    return true;
  }

  private async talk(relay: Relay): Promise<void> {
    const ended = new Promise<void>((resolve) => relay.process.once("exit", () => resolve()));
    const client = new QuietClient("casework", "Casework", () => Promise.resolve(relay.process), this.options());
    client.onNotification(Notification.boardChanged, (change: Notifications["casework/board/changed"]) =>
      this.boardEmitter.fire(change),
    );
    client.onNotification(Notification.reviewChanged, (change: Notifications["casework/review/changed"]) =>
      this.reviewEmitter.fire(change),
    );
    client.onNotification("window/showMessage", (message: { type: number; message: string }) => show(message));
    try {
      await client.start();
      this.client = client;
      this.why = "";
      this.become("ready");
      this.readyEmitter.fire();
      await ended;
      this.why = relay.said();
      this.log.info(`the relay ended: ${this.why || "without a word"}`);
    } finally {
      this.client = undefined;
      await this.end(client);
      relay.process.kill();
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: "file" }],
      outputChannel: this.log,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
      ...(this.middleware ? { middleware: this.middleware } : {}),
    };
  }

  private async end(client: LanguageClient): Promise<void> {
    try {
      await client.dispose();
    } catch (problem) {
      this.log.debug(`while ending a connection: ${String(problem)}`);
    }
  }

  private become(state: State): void {
    if (state === this.current || this.disposed) return;
    this.current = state;
    this.stateEmitter.fire(state);
  }

  /** Wait for so long, or until somebody asks to go on. */
  private async pause(ms: number | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async whenReady(): Promise<LanguageClient> {
    if (this.client?.isRunning()) return this.client;
    if (this.current === "missing") throw new Unreachable("Casework is not installed on this machine.");
    this.wake();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        listener.dispose();
        reject(new Unreachable(`Casework cannot be reached, so nothing was done. ${this.why}`.trim()));
      }, PATIENCE_MS);
      const listener = this.onReady(() => {
        if (!this.client) return;
        clearTimeout(timer);
        listener.dispose();
        resolve(this.client);
      });
    });
  }
}

/** A message of the daemon's, without links that run anything. */
function show({ type, message }: { type: number; message: string }): void {
  const text = forMessage(message);
  if (type === 1) void vscode.window.showErrorMessage(text);
  else if (type === 2) void vscode.window.showWarningMessage(text);
  else void vscode.window.showInformationMessage(text);
}
