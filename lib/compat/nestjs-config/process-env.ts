import { AsyncLocalStorage } from 'node:async_hooks';
import type { EnvironmentOfFiles } from './environment-of-files.js';
import type { VariableReads } from './variable-reads.js';

// The reason for module-level state here: `process.env` is one object for all apps of a process, so what is known about it
// must be shared as well. Without `assigned`, a second app would take for predefined what the first one read from its env
// files. Without one shared proxy, two apps that prepare a reload at the same time would each restore the `process.env` of
// the other.
const shared: {
  /** Variables that any app of this process assigned. */
  readonly assigned: Map<string, AssignedVariable>;
  /** The call of `runWith` that the running code is part of. */
  readonly run: AsyncLocalStorage<Run>;
  /** Number of calls of `runWith` in progress; while there are any, `process.env` is a proxy. */
  running: number;
  replaced: { readonly real: NodeJS.ProcessEnv; readonly proxy: NodeJS.ProcessEnv } | undefined;
} = { assigned: new Map(), run: new AsyncLocalStorage(), running: 0, replaced: undefined };

interface Run {
  /** Variables that the code sees instead of those in `process.env`; undefined is a variable that is hidden. */
  readonly candidate: Map<string, string | undefined>;
  readonly reads: VariableReads;
}

interface AssignedVariable {
  readonly value: string;
  /** Value before the assignment; undefined if the variable did not exist. */
  readonly previous: string | undefined;
}

/** The variables that one app assigns to `process.env`. It removes only these, and restores what was there before. */
export class ProcessEnv {
  /** Variables that this app assigned. If other code has changed one in `process.env` since, that value stays. */
  readonly #own = new Map<string, string>();
  /** Variables set with `ConfigService.set()`; they count as predefined. */
  readonly #written = new Map<string, string>();

  /** Returns the predefined variables: those of `process.env` that no app assigned from a file. */
  predefined(): Record<string, string | undefined> {
    const variables = this.unwritten();
    for (const [name, value] of this.#written) variables[name] = value;
    return variables;
  }

  /** Returns the predefined variables without those set with `ConfigService.set()`. */
  unwritten(): Record<string, string | undefined> {
    const variables: Record<string, string | undefined> = { ...process.env };
    for (const [name, { value, previous }] of shared.assigned) {
      if (variables[name] !== value) continue; // changed by other code since: that value is predefined
      if (previous === undefined) delete variables[name];
      else variables[name] = previous;
    }
    return variables;
  }

  /** Returns the environment for the first env files. */
  environment(): EnvironmentOfFiles {
    const isAssigned = (name: string) => {
      const known = shared.assigned.get(name);
      if (known === undefined || known.value === known.previous || this.#own.has(name)) return false;
      return known.value === process.env[name];
    };
    return {
      predefined: this.predefined(),
      taken: new Set(),
      written: new Set(this.#written.keys()),
      isAssigned,
    };
  }

  /** Takes over what `other` assigned: from now on this object removes it. */
  takeOver(other: ProcessEnv): void {
    for (const [name, value] of other.#own) this.#own.set(name, value);
    other.#own.clear();
  }

  /** Assigns these variables to `process.env`, and removes all others that it assigned before. */
  assign(variables: ReadonlyMap<string, string>): void {
    const all = new Map([...variables, ...this.#written]);
    for (const name of this.#own.keys()) if (!all.has(name)) this.#remove(name);
    for (const [name, value] of all) this.#assign(name, value);
  }

  /** Sets a variable that overrides those of files; undefined removes that override. */
  write(name: string, value: string | undefined): void {
    if (value === undefined) this.#written.delete(name);
    else this.#written.set(name, value);
    if (value !== undefined) this.#assign(name, value);
  }

  /** Names of the variables set with `write()`. */
  get written(): readonly string[] {
    return [...this.#written.keys()];
  }

  /**
   * Calls `fn` as if these variables were assigned. Its synchronous part runs while they are in `process.env`; what it
   * awaits sees them by its async context. No other code sees them. Records what `fn` reads from `process.env`.
   */
  async runWith<R>(
    variables: ReadonlyMap<string, string>,
    reads: VariableReads,
    fn: () => Promise<R>,
  ): Promise<R> {
    const differing = this.#differing(new Map([...variables, ...this.#written]));
    replaceProcessEnv();
    try {
      const run = { candidate: new Map(differing), reads };
      return await whileSet(differing, () => shared.run.run(run, fn));
    } finally {
      restoreProcessEnv();
    }
  }

  /** Returns what would change in `process.env`; undefined is a variable that would be removed. */
  #differing(variables: ReadonlyMap<string, string>): Map<string, string | undefined> {
    const differing = new Map<string, string | undefined>();
    for (const name of this.#own.keys()) {
      const known = shared.assigned.get(name);
      if (!variables.has(name) && known?.value === process.env[name]) differing.set(name, known?.previous);
    }
    for (const [name, value] of variables) {
      if (this.#own.get(name) !== value && process.env[name] !== value) differing.set(name, value);
    }
    return differing;
  }

  #assign(name: string, value: string): void {
    if (this.#own.get(name) === value) return;
    const present = process.env[name];
    const known = shared.assigned.get(name);
    const isAssigned = known !== undefined && known.value === present;
    if (present === value && !isAssigned) return; // predefined with this value: it must never be removed
    if (present !== value) process.env[name] = value;
    shared.assigned.set(name, { value, previous: isAssigned ? known.previous : present });
    this.#own.set(name, value);
  }

  #remove(name: string): void {
    this.#own.delete(name);
    const known = shared.assigned.get(name);
    if (known === undefined || process.env[name] !== known.value) return;
    shared.assigned.delete(name);
    setVariable(name, known.previous);
  }
}

/** Sets variables only while `fn` runs synchronously: no other code runs in that time. */
function whileSet<R>(variables: ReadonlyMap<string, string | undefined>, fn: () => R): R {
  const before = [...variables.keys()].map((name) => [name, process.env[name]] as const);
  for (const [name, value] of variables) setVariable(name, value);
  try {
    return fn();
  } finally {
    // A variable that `fn` itself has set keeps its value.
    for (const [name, value] of before) {
      if (process.env[name] === variables.get(name)) setVariable(name, value);
    }
  }
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** Code that kept a reference to the object that `process.env` was before does not see the candidate's variables. */
function replaceProcessEnv(): void {
  shared.running += 1;
  if (shared.running > 1) return;
  const real = process.env;
  const proxy = new Proxy(real, runHandler);
  shared.replaced = { real, proxy };
  process.env = proxy;
}

function restoreProcessEnv(): void {
  shared.running -= 1;
  if (shared.running > 0 || shared.replaced === undefined) return;
  shared.run.disable(); // until the next use: on Node 20, each storage in use costs every promise of the app
  // Other code may have replaced `process.env` meanwhile.
  if (process.env === shared.replaced.proxy) process.env = shared.replaced.real;
  shared.replaced = undefined;
}

const runHandler: Readonly<ProxyHandler<NodeJS.ProcessEnv>> = {
  get: (real, name) => {
    const candidate = candidateFor(name);
    return candidate?.has(name as string) ? candidate.get(name as string) : Reflect.get(real, name);
  },
  // A variable that the code sets is set for all code, and from then on is seen here too.
  set: (real, name, value) => {
    shared.run.getStore()?.candidate.delete(name as string);
    return Reflect.set(real, name, value);
  },
  deleteProperty: (real, name) => {
    shared.run.getStore()?.candidate.delete(name as string);
    return Reflect.deleteProperty(real, name);
  },
  has: (real, name) => {
    const candidate = candidateFor(name);
    return candidate?.has(name as string) ? candidate.get(name as string) !== undefined : name in real;
  },
  ownKeys: (real) => {
    const run = shared.run.getStore();
    run?.reads.addAll();
    const names = new Set(Reflect.ownKeys(real));
    for (const [name, value] of run?.candidate ?? []) {
      if (value === undefined) names.delete(name);
      else names.add(name);
    }
    return [...names];
  },
  getOwnPropertyDescriptor: (real, name) => {
    const candidate = candidateFor(name);
    if (!candidate?.has(name as string)) return Reflect.getOwnPropertyDescriptor(real, name);
    const value = candidate.get(name as string);
    return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
  },
};

/** Returns the variables that the running code sees, and records that it reads one. */
function candidateFor(name: string | symbol): Run['candidate'] | undefined {
  const run = shared.run.getStore();
  run?.reads.add(name);
  return run?.candidate;
}
