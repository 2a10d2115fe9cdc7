import { toJsonValue } from '../util/json-value.js';
import type { Difference, ElementsDifference } from './difference.js';
import type { JsonPatchOperation } from './version-diff.interface.js';

/**
 * Limit for the moved elements times the length of a list, to which the time for its moves is proportional. Above it the
 * patch replaces the whole list.
 */
const MAX_MOVE_COST = 50_000_000;

/** Returns the operations that turn the previous value into the current one, if they are applied in this order. */
export function createPatch(difference: Difference | undefined): JsonPatchOperation[] {
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

/** Every operation has the indexes that the list has after the operations before it. */
function addElementOperations(
  operations: JsonPatchOperation[],
  list: ElementsDifference,
  path: string,
): void {
  const moved = list.elements.filter((element) => element.moved !== undefined);
  if (moved.length * list.previousLength > MAX_MOVE_COST) {
    operations.push({ op: 'replace', path, value: toJsonValue(list.current()) });
    return;
  }
  // From the end, so that the elements before it keep their index.
  for (const element of list.elements.toReversed())
    if (element.difference?.kind === 'removed')
      operations.push({ op: 'remove', path: below(path, element.index) });
  if (moved.length > 0) addMoves(operations, list, path);
  for (const { index, difference } of list.elements)
    if (difference?.kind === 'added') addOperations(operations, difference, below(path, index));
  for (const { index, difference } of list.elements)
    if (difference !== undefined && difference.kind !== 'added' && difference.kind !== 'removed')
      addOperations(operations, difference, below(path, index));
}

/** Moves each element behind the element it now follows, in the new order, so that this one is already in its place. */
function addMoves(
  operations: JsonPatchOperation[],
  { elements, origins }: ElementsDifference,
  path: string,
): void {
  /** The previous indexes of the elements that stayed, in the order at this point of the patch. */
  const order = [...origins].filter((origin) => origin >= 0).sort((a, b) => a - b);
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
