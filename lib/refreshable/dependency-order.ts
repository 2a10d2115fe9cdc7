import type { RefreshableHandle } from './refreshable.handle.js';

/** Sorts components so that each follows those it is built from. In a circle, the original order stays. */
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
