import { RefreshableHandle } from './refreshable.handle.js';

/** Which refreshable is behind a transparent object. Weak, and keyed by identity: apps do not meet in it. */
const handles = new WeakMap<object, RefreshableHandle>();

export function rememberHandle(transparent: object, handle: RefreshableHandle): void {
  handles.set(transparent, handle);
}

/** The refreshable that a dependency is, or is the transparent side of. */
export function handleOf(dependency: unknown): RefreshableHandle | undefined {
  if (typeof dependency !== 'object' && typeof dependency !== 'function') return undefined;
  if (dependency === null) return undefined;
  // Not `instanceof`: a live object would ask what is behind it, which may be missing.
  return handles.get(dependency) ?? (RefreshableHandle.is(dependency) ? dependency : undefined);
}
