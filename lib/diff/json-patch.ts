import { toJsonValue } from '../util/json-value.js';
import type { Difference, ElementsDifference } from './difference.js';
import type { JsonPatchOperation } from './version-diff.interface.js';

/** How many steps the order of a list may take to work out; above, the list is replaced as a whole. */
const MAX_STEPS = 50_000_000;

/** The operations that turn what was compared into what it is now, to be applied in their order. */
export function jsonPatch(difference: Difference | undefined): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  if (difference !== undefined) addOperations(operations, difference, '');
  return operations;
}

function addOperations(operations: JsonPatchOperation[], difference: Difference, path: string): void {
  switch (difference.kind) {
    case 'members':
      for (const [key, member] of difference.members) addOperations(operations, member, below(path, key));
      return;
    case 'elements':
      addElementOperations(operations, difference, path);
      return;
    case 'added':
      operations.push({ op: 'add', path, value: toJsonValue(difference.current) });
      return;
    case 'removed':
      operations.push({ op: 'remove', path });
      return;
    case 'changed':
    case 'typeChanged':
      operations.push({ op: 'replace', path, value: toJsonValue(difference.current) });
  }
}

/** Each step leaves the indices right that the next one names. */
function addElementOperations(
  operations: JsonPatchOperation[],
  list: ElementsDifference,
  path: string,
): void {
  const moved = list.elements.filter((element) => element.moved !== undefined);
  if (moved.length * list.previousLength > MAX_STEPS) {
    operations.push({ op: 'replace', path, value: toJsonValue(list.current()) });
    return;
  }
  const order = orderOfStayed(list);
  // From the end, so that those before it keep their index.
  for (const element of list.elements.toReversed())
    if (element.difference?.kind === 'removed')
      operations.push({ op: 'remove', path: below(path, element.index) });
  if (moved.length > 0) addMoves(operations, list, order, path);
  for (const { index, difference } of list.elements)
    if (difference?.kind === 'added') addOperations(operations, difference, below(path, index));
  for (const { index, difference } of list.elements)
    if (difference !== undefined && difference.kind !== 'added' && difference.kind !== 'removed')
      addOperations(operations, difference, below(path, index));
}

/** The elements that stayed, by the index they had, in the order they had. */
function orderOfStayed({ origins }: ElementsDifference): number[] {
  return [...origins].filter((origin) => origin >= 0).sort((a, b) => a - b);
}

/** Brings each element that moved behind the one it is to follow; in their new order, so that one is in its place. */
function addMoves(
  operations: JsonPatchOperation[],
  { elements, origins }: ElementsDifference,
  order: number[],
  path: string,
): void {
  for (const { index, moved } of elements) {
    if (moved === undefined) continue;
    const from = order.indexOf(origins[index]!);
    order.splice(from, 1);
    const leader = origins.subarray(0, index).findLast((origin) => origin >= 0);
    const to = leader === undefined ? 0 : order.indexOf(leader) + 1;
    order.splice(to, 0, origins[index]!);
    if (from !== to) operations.push({ op: 'move', from: below(path, from), path: below(path, to) });
  }
}

function below(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
