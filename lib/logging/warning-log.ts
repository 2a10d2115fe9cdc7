import { plural } from '../util/plural.js';
import { formatIssues } from '../model/format-issues.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { SafeLogger } from './safe-logger.js';

/** Maximum number of warnings of one kind that are shown for one reload. */
const MAX_OF_KIND = 10;

/** Logs each warning once, until content without it is in force. */
export class WarningLog {
  /** The warnings that are present, and have been logged. */
  #logged: ReadonlySet<string> = new Set();

  constructor(private readonly logger: Pick<SafeLogger, 'warn'>) {}

  /**
   * @param present the warnings about the configuration in force
   * @param areAll `false` if there may be others: a restored version does not know those of its sources
   */
  write(present: readonly ConfigIssue[], areAll: boolean): void {
    const byIdentity = identified(present);
    const added = [...byIdentity].filter(([identity]) => !this.#logged.has(identity));
    for (const same of groupedByKind(added.map(([, issue]) => issue))) this.#warn(same);
    this.#logged = new Set([...byIdentity.keys(), ...(areAll ? [] : this.#logged)]);
  }

  #warn(issues: readonly ConfigIssue[]): void {
    // A line saved is a line too few, if it only says that there is one more.
    const shown = issues.length > MAX_OF_KIND + 1 ? issues.slice(0, MAX_OF_KIND) : issues;
    const others = issues.length - shown.length;
    if (issues.length === 1) return this.logger.warn(formatIssues(issues).trim());
    // One record: what belongs together must not be torn apart by the lines of others.
    const lines = [`${plural(issues.length, 'warning')} about the configuration:`, formatIssues(shown)];
    if (others > 0) lines.push(`  and ${others} more like these; hot-config status lists all`);
    this.logger.warn(lines.join('\n'));
  }
}

/**
 * Identifies warnings by what they say about which path and file: an edit of another line moves them. The second one with
 * the same identity is another one.
 */
function identified(issues: readonly ConfigIssue[]): ReadonlyMap<string, ConfigIssue> {
  const found = new Map<string, ConfigIssue>();
  const counts = new Map<string, number>();
  for (const issue of issues) {
    const { path, message, origin, occurrence } = issue;
    const place = origin?.file ?? origin?.variable ?? origin?.source;
    const said = message.replaceAll(/\bline \d+/g, 'line');
    const identity = JSON.stringify([path, said, place, occurrence]);
    const count = (counts.get(identity) ?? 0) + 1;
    counts.set(identity, count);
    found.set(`${count} ${identity}`, issue);
  }
  return found;
}

/** Groups warnings that say the same about different paths; what follows a semicolon is advice. */
function groupedByKind(issues: readonly ConfigIssue[]): Iterable<readonly ConfigIssue[]> {
  const groups = new Map<string, ConfigIssue[]>();
  for (const issue of issues) {
    const { path, message } = issue;
    const [kind = ''] = (message.startsWith(path) ? message.slice(path.length) : message).split(';');
    groups.set(kind, [...(groups.get(kind) ?? []), issue]);
  }
  return groups.values();
}
