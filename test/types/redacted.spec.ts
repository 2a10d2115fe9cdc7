import { Logger } from '@nestjs/common';
import { describe, expectTypeOf, it } from 'vitest';
import type { ReloadResult } from 'nestjs-hot-config';
import type { CallContext } from '../../lib/control/control-methods.js';
import type { MessageWriter } from '../../lib/control/message-writer.js';
import type { VersionRecord } from '../../lib/history/version-record.js';
import type { VersionHead } from '../../lib/history/persistence/version-head.js';
import type { AppLogger } from '../../lib/logging/app-logger.interface.js';
import { ReloadLog } from '../../lib/logging/reload-log.js';
import { SafeLogger } from '../../lib/logging/safe-logger.js';
import type { CommittedReload } from '../../lib/reload/commit.js';
import type { ControlMethod } from '../../lib/runtime/control-method.interface.js';
import type { Redacted, RedactedResult } from '../../lib/secrets/redacted.js';
import type { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import type { Override } from '../../lib/sources/overrides.source.js';

declare const secrets: SecretPolicy;
declare const raw: string;
declare const writer: MessageWriter;
declare const context: CallContext;
declare const record: VersionRecord;
declare const override: Override;
declare const result: RedactedResult;

/** Compiles the code and does not run it: only its types are checked. */
const compiled = (_code: () => unknown): void => undefined;

describe('A redacted text', () => {
  it('is made by the secret policy, and by nothing else', () => {
    compiled(() => {
      const text: Redacted<string> = secrets.redactText(raw);
      expectTypeOf(text).toExtend<string>();
      const take = (_text: Redacted<string>) => undefined;
      take(text);
      // @ts-expect-error -- not redacted
      take(raw);
      // @ts-expect-error -- not even if it is in the source code
      take('constant');
      // @ts-expect-error -- something was added
      take(`${text}${raw}`);
    });
  });

  it('is not marked any more if it is copied with other members', () => {
    compiled(() => {
      const take = (_value: Redacted<unknown>) => undefined;
      const answer = secrets.redactTexts({ a: 1 });
      take(answer);
      // oxlint-disable-next-line typescript/no-misused-spread -- it is what this test is about
      const copy = { ...answer, raw };
      expectTypeOf(copy).not.toExtend<Redacted<unknown>>();
      take(secrets.redactTexts({ a: raw }, { value: secrets.redactAsJson(raw, ['a']) }));
      // @ts-expect-error -- a configured value is redacted by its place
      take(secrets.redactTexts({ a: raw }, { value: raw }));
    });
  });
});

describe('The logger of the parts of this library', () => {
  it('cannot be the logger of the app, or one without a secret policy', () => {
    compiled(() => {
      const logger = new SafeLogger(new Logger('Test'), secrets);
      const reloads = { rejection: { current: undefined }, changedSources: () => [] };
      void new ReloadLog(logger, reloads);
      expectTypeOf<Logger>().not.toExtend<SafeLogger>();
      // @ts-expect-error -- would write secrets
      void new ReloadLog(new Logger('Test'), reloads);
      const write = (_line: string) => undefined;
      // @ts-expect-error -- has the same methods, and would write secrets
      void new ReloadLog({ log: write, warn: write, error: write, verbose: write }, reloads);
      // @ts-expect-error -- without a policy
      void new SafeLogger(new Logger('Test'));
    });
  });

  it('is the only one that can write to the logger of the app', () => {
    compiled(() => {
      const app: AppLogger = new Logger('Test');
      app.log(secrets.redactText(raw));
      expectTypeOf<AppLogger['log']>().parameter(0).toEqualTypeOf<Redacted<string>>();
      // @ts-expect-error -- not redacted
      app.log(raw);
    });
  });
});

describe('What the control channel sends', () => {
  it('is redacted: answers, events, and those of other parts', () => {
    compiled(() => {
      writer.answer(1, secrets.redactTexts({ raw }));
      expectTypeOf<CallContext['emit']>().parameter(0).toEqualTypeOf<Redacted<unknown>>();
      // @ts-expect-error -- not redacted
      writer.answer(1, { raw });
      // @ts-expect-error -- not redacted
      writer.emit(1, raw);
      // @ts-expect-error -- not redacted
      context.emit({ raw });
      const method: ControlMethod = { changes: false, call: () => secrets.redactTexts({ raw }) };
      // @ts-expect-error -- not redacted
      const open: ControlMethod = { changes: false, call: () => ({ raw }) };
      return [method, open];
    });
  });
});

describe('The result of a reload', () => {
  it('has redacted texts', () => {
    compiled(() => {
      const issue = { path: 'a', message: secrets.redactText(raw) };
      expectTypeOf<ReloadResult>().not.toExtend<RedactedResult>();
      const fits: RedactedResult = { ...result, issues: [issue], reason: secrets.redactText(raw) };
      // @ts-expect-error -- not redacted
      const reason: RedactedResult = { ...result, reason: raw };
      // @ts-expect-error -- not redacted
      const actor: RedactedResult = { ...result, actor: raw };
      // @ts-expect-error -- not redacted
      const issues: RedactedResult = { ...result, issues: [{ path: 'a', message: raw }] };
      return [fits, reason, actor, issues];
    });
  });

  it('is the only one that observers, the history, the disk and overrides take', () => {
    compiled(() => {
      expectTypeOf<CommittedReload['result']>().toExtend<RedactedResult>();
      expectTypeOf<VersionHead['reason']>().toEqualTypeOf<Redacted<string> | undefined>();
      // @ts-expect-error -- not redacted
      const stored: VersionRecord = { ...record, reason: raw };
      // @ts-expect-error -- not redacted
      const set: Override = { ...override, actor: raw };
      return [stored, set];
    });
  });

  it('can be built with plain strings by users, in their tests', () => {
    compiled(() => {
      const built: ReloadResult = {
        outcome: 'applied',
        cause: 'manual',
        version: 2,
        stages: [],
        calls: [],
        durationMs: 1,
        issues: [{ path: 'a', message: 'is old' }],
        changes: [],
        reason: 'a better model',
      };
      expectTypeOf(result).toExtend<ReloadResult>();
      return built;
    });
  });
});
