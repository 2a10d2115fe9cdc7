import { CandidateView } from './candidate-view.js';

/** A variable that stands in `process.env` because of a file. */
interface Placed {
  readonly value: string;
  /** What stood there before; undefined where nothing did. */
  readonly before: string | undefined;
}

/**
 * What was placed in `process.env`, by all apps of this process: that is one for all of them, so that is this. Without
 * it, the second app of a process would take for given what the first one read from a file.
 */
const placed = new Map<string, Placed>();

/** The variables of one app in `process.env`: what was there before the app stays, what it placed it may take away. */
export class ProcessEnvironment {
  /** What this app placed. Who changed that since, in `process.env`, has the last word. */
  readonly #mine = new Map<string, string>();
  /** What the app set while it runs: it counts as given. */
  readonly #written = new Map<string, string>();

  /** The environment without what came from files. */
  given(): Record<string, string | undefined> {
    const given: Record<string, string | undefined> = { ...process.env };
    for (const [name, { value, before }] of placed) {
      if (given[name] !== value) continue; // somebody else has set it since: that is given
      if (before === undefined) delete given[name];
      else given[name] = before;
    }
    for (const [name, value] of this.#written) given[name] = value;
    return given;
  }

  /** Takes over what another one placed, and is to take it away instead of that one. */
  adopt(other: ProcessEnvironment): void {
    for (const [name, value] of other.#mine) this.#mine.set(name, value);
    other.#mine.clear();
  }

  /** From now on these variables are in `process.env`; those it placed before, and that are not among them, no more. */
  place(variables: ReadonlyMap<string, string>): void {
    const all = new Map([...variables, ...this.#written]);
    for (const name of this.#mine.keys()) if (!all.has(name)) this.#takeBack(name);
    for (const [name, value] of all) this.#set(name, value);
  }

  /** Sets a variable on top of what files say; undefined takes that away again. */
  write(name: string, value: string | undefined): void {
    if (value === undefined) this.#written.delete(name);
    else this.#written.set(name, value);
    if (value !== undefined) this.#set(name, value);
  }

  /** The names that were written. */
  get written(): readonly string[] {
    return [...this.#written.keys()];
  }

  /**
   * Calls `fn` as if these variables were placed: at once for what it does synchronously, and for what it awaits by
   * way of its async context, so that nobody else sees them.
   */
  async during<R>(variables: ReadonlyMap<string, string>, fn: () => Promise<R>): Promise<R> {
    const differing = this.#differing(new Map([...variables, ...this.#written]));
    if (differing.size === 0) return fn();
    const view = new CandidateView(differing);
    try {
      return await withVariables(differing, () => view.run(fn));
    } finally {
      view.close();
    }
  }

  /** What would change in `process.env`; undefined is a variable that would go. */
  #differing(variables: ReadonlyMap<string, string>): Map<string, string | undefined> {
    const differing = new Map<string, string | undefined>();
    for (const name of this.#mine.keys()) {
      const there = placed.get(name);
      if (!variables.has(name) && there?.value === process.env[name]) differing.set(name, there?.before);
    }
    for (const [name, value] of variables) {
      if (this.#mine.get(name) !== value && process.env[name] !== value) differing.set(name, value);
    }
    return differing;
  }

  #set(name: string, value: string): void {
    if (this.#mine.get(name) === value) return;
    const now = process.env[name];
    const there = placed.get(name);
    const isPlaced = there !== undefined && there.value === now;
    if (now === value && !isPlaced) return; // it was there all the same, and is to stay
    if (now !== value) process.env[name] = value;
    placed.set(name, { value, before: isPlaced ? there.before : now });
    this.#mine.set(name, value);
  }

  #takeBack(name: string): void {
    this.#mine.delete(name);
    const there = placed.get(name);
    if (there === undefined || process.env[name] !== there.value) return;
    placed.delete(name);
    setVariable(name, there.before);
  }
}

/** Only for as long as `fn` runs synchronously: nobody else runs meanwhile. */
function withVariables<R>(variables: ReadonlyMap<string, string | undefined>, fn: () => R): R {
  const before = [...variables.keys()].map((name) => [name, process.env[name]] as const);
  for (const [name, value] of variables) setVariable(name, value);
  try {
    return fn();
  } finally {
    // What `fn` itself has set stays.
    for (const [name, value] of before) {
      if (process.env[name] === variables.get(name)) setVariable(name, value);
    }
  }
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
