import type { Change } from '../model/change.interface.js';
import { tryParsePath } from '../model/paths.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { MAX_ISSUES } from '../util/bounded.js';
import type { Measure } from '../model/call-durations.js';
import { reasonOf } from '../util/reason-of.js';
import { nameOf } from './name-of.js';
import type {
  ConfigValidator,
  ConfigValidatorIssue,
  ConfigValidatorResult,
  PathIssue,
} from './validator.interface.js';

/** Calls all validators, concurrently, and returns the issues of all. A validator that throws has found one. */
export async function runValidators(
  validators: readonly ConfigValidator<never>[],
  value: unknown,
  context: { readonly current: Snapshot | undefined; readonly changes: readonly Change[] },
  measure: Measure,
): Promise<PathIssue[]> {
  const found = await Promise.all(
    validators.map(async (validator) => {
      try {
        const check = () => validator(value as never, context as never);
        return issuesOf(await measure(nameOf('validator', validator), check));
      } catch (error) {
        return [{ path: [], message: reasonOf(error) }];
      }
    }),
  );
  return found.flat();
}

function issuesOf(result: ConfigValidatorResult): PathIssue[] {
  if (result === undefined || result === null || result === '') return [];
  const list: readonly unknown[] = Array.isArray(result) ? result : [result];
  const items = list.slice(0, MAX_ISSUES);
  if (list.length > MAX_ISSUES) items.push(`and ${list.length - MAX_ISSUES} more`);
  return items.map((item) => {
    if (typeof item === 'string') return { path: [], message: item };
    const { path = '', message } = Object(item) as Partial<ConfigValidatorIssue>;
    if (typeof message !== 'string') return unreadable(item);
    const sentence = path === '' || message.startsWith(path) ? message : `${path} ${message}`;
    return { path: tryParsePath(path) ?? [], message: sentence };
  });
}

/** `false` may mean "wrong" or "no issue"; nothing is applied that did not certainly pass (invariant 3). */
function unreadable(returned: unknown): PathIssue {
  const what = typeof returned === 'boolean' ? String(returned) : `a ${typeof returned} without a message`;
  return {
    path: [],
    message: `a validator returned ${what}; return nothing, a sentence, or { path, message }`,
  };
}
