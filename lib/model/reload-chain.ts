/** A link counts if it follows the one before within this time, in ms: slower ones harm nobody. */
export const CHAIN_PAUSE = 10_000;

/** The most labels that a chain keeps. */
const MAX_LABELS = 5;

/** Reloads in a row, each requested by code that this library has called because of the one before. */
export interface ReloadChain {
  /** Number of reloads, this one included. */
  readonly length: number;
  /** The code that requested them, the last one last. */
  readonly labels: readonly string[];
  /** The time of the last request, in ms of `performance.now()`. */
  readonly at: number;
}

/** A call of the app's code: its name, and the chain of the reload that has led to it. */
interface ChainedCall {
  readonly label: string | undefined;
  readonly chain: ReloadChain | undefined;
}

/** Returns the chain of a reload that the running code requests; undefined if this library has not called that code. */
export function chainAfter(call: ChainedCall | undefined): ReloadChain | undefined {
  if (call?.label === undefined) return undefined;
  const { chain, label } = call;
  const at = performance.now();
  if (chain === undefined || at - chain.at > CHAIN_PAUSE) return { length: 1, labels: [label], at };
  const others = chain.labels.filter((known) => known !== label);
  return { length: chain.length + 1, labels: [...others, label].slice(-MAX_LABELS), at };
}

/**
 * Returns the chain of a reload that has been requested twice, or of a call for two reloads: the shorter one. If a request
 * from outside is among them, nothing is in a circle.
 */
export function shorterChain(
  first: ReloadChain | undefined,
  second: ReloadChain | undefined,
): ReloadChain | undefined {
  return (first?.length ?? 0) <= (second?.length ?? 0) ? first : second;
}
