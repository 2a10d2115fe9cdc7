/**
 * Wraps a function so that its result is computed on the first call and kept until memory is needed: a syntax tree
 * serves all issues of one reload, and needs many times the memory of its text.
 */
export function weaklyCached<T extends object>(compute: () => T): () => T {
  let reference: WeakRef<T> | undefined;
  return () => {
    const cached = reference?.deref();
    if (cached !== undefined) return cached;
    const computed = compute();
    reference = new WeakRef(computed);
    return computed;
  };
}
