// How long to wait before the next attempt to connect.

const FIRST_MS = 200;
const LONGEST_MS = 15_000;
/** A connection that held this long makes the next attempt a first one again. */
const HELD_MS = 5_000;

/** Doubles from attempt to attempt. */
export class Backoff {
  private nextMs = FIRST_MS;

  /** The pause after a connection that held for `heldMs`. */
  after(heldMs: number): number {
    if (heldMs >= HELD_MS) this.nextMs = FIRST_MS;
    const pause = this.nextMs;
    this.nextMs = Math.min(this.nextMs * 2, LONGEST_MS);
    return pause;
  }

  /** The human asked: try at once, and begin anew. */
  reset(): void {
    this.nextMs = FIRST_MS;
  }
}
