import type { SafeLogger } from '../logging/safe-logger.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { reasonOf } from '../util/reason-of.js';
import { NamedRegistry } from './named-registry.js';
import type { CoreStatus } from './status.interface.js';

/** The members that parts of the core give. The type keeps the list complete. */
const CORE_MEMBERS: Readonly<Record<keyof CoreStatus | 'app' | 'problems', true>> = {
  app: true, // added by the control channel
  version: true,
  hash: true,
  comparableHash: true,
  since: true,
  cause: true,
  reloads: true,
  lastReload: true,
  lastSuccess: true,
  lastError: true,
  rejection: true,
  drifted: true,
  rolledBack: true,
  degraded: true,
  versionsOnDisk: true,
  overrides: true,
  probation: true,
  watching: true,
  watchedFiles: true,
  pollingFiles: true,
  missedEvents: true,
  breaker: true,
  openBreakers: true,
  handlers: true,
  pins: true,
  refreshables: true,
  readAtStart: true,
  pendingRestart: true,
  sources: true,
  warnings: true,
  problems: true,
};

const NAME = /^[a-z][a-zA-Z]*$/;

/** The members that parts outside of the core add to the status. */
export class StatusMembers {
  readonly registry = new NamedRegistry<() => unknown>('member of the status', (name) => {
    if (!NAME.test(name)) return "a member is named like 'fleet'";
    return Object.hasOwn(CORE_MEMBERS, name) ? 'the core has a member with this name' : undefined;
  });

  constructor(
    private readonly logger: SafeLogger,
    private readonly secrets: SecretPolicy,
  ) {}

  /** Reads all members, as JSON without secrets. One that throws is left out, and logged once. */
  read(): object {
    return Object.fromEntries(
      [...this.registry].flatMap(([name, read]) => {
        try {
          return [[name, this.secrets.redactTexts(read())]];
        } catch (error) {
          this.logger.errorOnce(read, `The member '${name}' of the status failed: ${reasonOf(error)}`);
          return [];
        }
      }),
    );
  }
}
