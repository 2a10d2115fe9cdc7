import { isMet, type Target } from '../harness/result.interface.js';
import { majorOf, type Run } from './merge.js';
import { nodeText, targetsOf, type TargetOfRuns } from './runs.js';
import { figure, targetText } from './table.js';

/** Returns a row for each bench: how many of its targets are met, on each version of Node. */
export function scoresOf(runs: readonly Run[]): string[][] {
  const targets = targetsOf(runs);
  return [...new Set(targets.map(({ name }) => name))].map((name) => {
    const own = targets.filter((target) => target.name === name);
    return [`\`${name}\``, ...runs.map((_, index) => scoreOf(own, index))];
  });
}

function scoreOf(targets: readonly TargetOfRuns[], index: number): string {
  const measured = targets.map(({ each }) => each[index]).filter((target) => target !== undefined);
  return measured.length === 0 ? '' : `${measured.filter(isMet).length} of ${measured.length}`;
}

/** Returns a text for each target that is missed on a version of Node, with the reason if it is known. */
export function missesOf(runs: readonly Run[]): string[] {
  const missed = targetsOf(runs).filter(({ each }) =>
    each.some((target) => target !== undefined && !isMet(target)),
  );
  const reasons = new Set<string>();
  return missed.map((target) => {
    const reason = floorOf(target.each);
    const isNew = reason !== '' && !reasons.has(reason);
    reasons.add(reason);
    return missText(target, runs) + (isNew ? ` Reason: ${reason}.` : '');
  });
}

function missText({ name, text, each }: TargetOfRuns, runs: readonly Run[]): string {
  const figures = each.flatMap((target, index) =>
    target === undefined || isMet(target)
      ? []
      : [`${figure(target.measured)} ${target.unit} on ${nodeText(runs[index]!.machine)}`],
  );
  return `\`${name}\` ${text}: ${figures.join(', ')}. The target is ${goalText(each, runs)}.`;
}

/** Returns the reason of a missed target: of several, that of the newest run. */
export function floorOf(each: readonly (Target | undefined)[]): string {
  return each.findLast((target) => target !== undefined && !isMet(target))?.floor ?? '';
}

/** Returns the target, or those of each version of Node if they differ. */
export function goalText(each: readonly (Target | undefined)[], runs: readonly Run[]): string {
  const texts = each.map((target) => (target === undefined ? undefined : targetText(target)));
  const known = [...new Set(texts)].filter((text) => text !== undefined);
  if (known.length === 1) return known[0]!;
  return known
    .map((text) => {
      const nodes = runs.filter((_, index) => texts[index] === text).map(({ machine }) => majorOf(machine));
      return `${text} on Node ${nodes.join(' and ')}`;
    })
    .join(', ');
}
