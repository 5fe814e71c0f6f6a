// The boards of this window's repositories as the daemon last told them: a snapshot, then changes behind its cursor.
// Not here: how they are drawn, and any rule about tasks.
import type { Board, BoardChanged, Group, RepositoryView, TaskCard } from "./wire";

export const GROUPS: readonly Group[] = ["needs_you", "running", "backlog", "done"];

/** One repository's board. */
export interface Shown {
  repository: string;
  top: string;
  name: string;
  cursor: number;
  warning: string;
  cards: ReadonlyMap<number, TaskCard>;
}

/** A card with the repository it belongs to. */
export interface Placed {
  top: string;
  name: string;
  card: TaskCard;
}

/** Take a snapshot. */
export function taken(board: Board): Shown {
  const cards = new Map<number, TaskCard>();
  for (const group of GROUPS) for (const card of board[group]) cards.set(card.number, card);
  const { repository, top, name, cursor, warning } = board;
  return { repository, top, name, cursor, warning, cards };
}

/** Fold a change into a board: the same board when it is known already, undefined when one in between was missed. */
export function folded(shown: Shown, change: BoardChanged): Shown | undefined {
  if (change.cursor <= shown.cursor) return shown;
  if (change.before !== shown.cursor) return undefined;
  const cards = new Map(shown.cards);
  for (const card of change.cards) {
    if (card.group === null) cards.delete(card.number);
    else cards.set(card.number, card);
  }
  return { ...shown, cursor: change.cursor, cards };
}

/** What the boards ask the daemon. */
export interface Source {
  repositories: () => Promise<RepositoryView[]>;
  board: (top: string) => Promise<Board>;
}

/** Follows the daemon. Nothing here outlives a lost connection: `refresh` begins anew. */
export class Boards {
  private shown = new Map<string, Shown>();
  private reading = new Map<string, BoardChanged[]>();
  private generation = 0;

  constructor(
    private readonly source: Source,
    private readonly changed: () => void,
  ) {}

  /** Read everything again. */
  async refresh(): Promise<void> {
    const generation = ++this.generation;
    this.reading.clear();
    const repositories = await this.source.repositories();
    const boards = await Promise.all(repositories.map((one) => this.read(one.id, one.top)));
    if (generation !== this.generation) return;
    this.shown = new Map(boards.map((board) => [board.repository, board]));
    this.changed();
  }

  /** Forget everything: the daemon is not there. */
  clear(): void {
    this.generation++;
    this.shown.clear();
    this.reading.clear();
    this.changed();
  }

  /** Take a change that the daemon told. */
  async take(change: BoardChanged): Promise<void> {
    const waiting = this.reading.get(change.repository);
    if (waiting) {
      waiting.push(change);
      return;
    }
    const before = this.shown.get(change.repository);
    if (!before) return;
    const generation = this.generation;
    const after = folded(before, change) ?? (await this.read(change.repository, before.top));
    if (after === before || generation !== this.generation) return;
    this.shown.set(change.repository, after);
    this.changed();
  }

  /** All boards, by name. */
  all(): Shown[] {
    return [...this.shown.values()].sort((one, other) => one.name.localeCompare(other.name));
  }

  /** The cards of a group, in the daemon's order. */
  group(group: Group): Placed[] {
    return this.all().flatMap(({ top, name, cards }) =>
      [...cards.values()]
        .filter((card) => card.group === group)
        .sort((one, other) => one.order - other.order || one.number - other.number)
        .map((card) => ({ top, name, card })),
    );
  }

  /** One card. */
  card(top: string, number: number): TaskCard | undefined {
    return this.all()
      .find((board) => board.top === top)
      ?.cards.get(number);
  }

  /** Top folder of the repository that has this identity. */
  top(repository: string): string | undefined {
    return this.shown.get(repository)?.top;
  }

  /** The repository that a path lies in, the innermost one; without a path the only one. */
  containing(path: string | undefined): Shown | undefined {
    const all = this.all();
    if (path === undefined) return all.length === 1 ? all[0] : undefined;
    const inside = all.filter(({ top }) => `${path}/`.startsWith(top.endsWith("/") ? top : `${top}/`));
    return inside.sort((one, other) => other.top.length - one.top.length)[0];
  }

  /** Read one board; what is told meanwhile is folded in behind it, so that nothing falls between answer and change. */
  private async read(repository: string, top: string): Promise<Shown> {
    const waiting: BoardChanged[] = [];
    this.reading.set(repository, waiting);
    try {
      let shown = taken(await this.source.board(top));
      for (let change = waiting.shift(); change; change = waiting.shift()) {
        shown = folded(shown, change) ?? taken(await this.source.board(top));
      }
      return shown;
    } finally {
      if (this.reading.get(repository) === waiting) this.reading.delete(repository);
    }
  }
}
