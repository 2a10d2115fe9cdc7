import { AsyncLocalStorage } from 'node:async_hooks';

type Variables = Map<string, string | undefined>;

/** Which variables the running code is to see instead of those that are set. */
const seen = new AsyncLocalStorage<Variables>();

/** How many views are open: `process.env` is one for all apps of a process. */
let open = 0;
let standIn: { readonly real: NodeJS.ProcessEnv; readonly proxy: NodeJS.ProcessEnv } | undefined;

/**
 * Variables that only the code sees which runs in it, and what that awaits. While one is open, `process.env` is a proxy
 * that asks the async context; who kept the object that `process.env` was before sees nothing of it.
 */
export class CandidateView {
  readonly #variables: Variables;

  constructor(variables: ReadonlyMap<string, string | undefined>) {
    this.#variables = new Map(variables);
    open += 1;
    if (open > 1) return;
    const real = process.env;
    const proxy = new Proxy(real, handler);
    standIn = { real, proxy };
    process.env = proxy;
  }

  run<R>(fn: () => R): R {
    return seen.run(this.#variables, fn);
  }

  close(): void {
    open -= 1;
    if (open > 0 || standIn === undefined) return;
    seen.disable(); // until the next one: on Node 20, each context that is in use costs every promise of the app
    // Somebody may have put another object there.
    if (process.env === standIn.proxy) process.env = standIn.real;
    standIn = undefined;
  }
}

const handler: ProxyHandler<NodeJS.ProcessEnv> = {
  get: (real, name) => {
    const variables = seen.getStore();
    return variables?.has(name as string) ? variables.get(name as string) : Reflect.get(real, name);
  },
  // What is set goes to all, and from then on is seen here too.
  set: (real, name, value) => {
    seen.getStore()?.delete(name as string);
    return Reflect.set(real, name, value);
  },
  deleteProperty: (real, name) => {
    seen.getStore()?.delete(name as string);
    return Reflect.deleteProperty(real, name);
  },
  has: (real, name) => {
    const variables = seen.getStore();
    return variables?.has(name as string)
      ? variables.get(name as string) !== undefined
      : Reflect.has(real, name);
  },
  ownKeys: (real) => {
    const variables = [...(seen.getStore() ?? [])];
    const gone = new Set(variables.flatMap(([name, value]) => (value === undefined ? [name] : [])));
    const added = variables.flatMap(([name, value]) => (value === undefined ? [] : [name]));
    const names = Reflect.ownKeys(real).filter((name) => !gone.has(name as string));
    return [...new Set([...names, ...added])];
  },
  getOwnPropertyDescriptor: (real, name) => {
    const variables = seen.getStore();
    if (!variables?.has(name as string)) return Reflect.getOwnPropertyDescriptor(real, name);
    const value = variables.get(name as string);
    return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
  },
};
