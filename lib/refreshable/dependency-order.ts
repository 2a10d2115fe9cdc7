import type { RefreshableHandle } from './refreshable.handle.js';

/** Dependencies before what is built from them; where they go round in a circle, in the order they came. */
export function inDependencyOrder(handles: readonly RefreshableHandle[]): RefreshableHandle[] {
  const known = new Set(handles);
  const ordered = new Set<RefreshableHandle>();
  const visited = new Set<RefreshableHandle>();
  const visit = (handle: RefreshableHandle): void => {
    if (visited.has(handle)) return;
    visited.add(handle);
    handle.dependencies().forEach(visit);
    if (known.has(handle)) ordered.add(handle);
  };
  handles.forEach(visit);
  return [...ordered];
}
