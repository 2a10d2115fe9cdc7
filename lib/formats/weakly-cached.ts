/**
 * A value that is made when first asked for, and kept only as long as nobody needs its memory: a syntax tree serves
 * all the issues of one reload, and weighs many times its text afterwards.
 */
export function weaklyCached<T extends object>(make: () => T): () => T {
  let reference: WeakRef<T> | undefined;
  return () => {
    const kept = reference?.deref();
    if (kept !== undefined) return kept;
    const made = make();
    reference = new WeakRef(made);
    return made;
  };
}
