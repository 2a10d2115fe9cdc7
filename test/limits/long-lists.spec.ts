import { IsNumber } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { file, factory } from 'nestjs-hot-config';
import { compareVersions } from '../../lib/diff/version-diff.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import { booted, runtimeOf } from '../reload/support/runtime.js';
import { isStormRun } from '../support/storm-run.js';
import { TempFolder } from '../support/temp-folder.js';

/** More elements than a function call takes arguments (some 120,000). */
const LENGTH = isStormRun ? 1_000_000 : 150_000;

const limits = { maxKeys: 2_000_000, maxFileSize: 32 * 1024 * 1024 };

function listOf(length: number): number[] {
  return Array.from({ length }, (_, index) => index % 10);
}

class Lists {
  @IsNumber({}, { each: true })
  list!: number[];
}

describe('A list of more elements than a call takes arguments', { timeout: 300_000 }, () => {
  it.each([
    ['app.yaml', (list: string) => `list: [${list}]\n`],
    ['app.json', (list: string) => `{"list":[${list}]}`],
    ['app.json5', (list: string) => `{list:[${list}]}`],
  ] as const)('is read from %s', async (name, textOf) => {
    const path = new TempFolder().write(name, textOf(listOf(LENGTH).join()));
    const { value } = await booted([file(path)], { limits });
    expect((value() as { list: unknown[] }).list).toHaveLength(LENGTH);
  });

  it('is taken from a factory, and checked by class-validator', async () => {
    let list = listOf(LENGTH);
    const { runtime, value, reload } = await booted([factory(() => ({ list }))], { limits, schema: Lists });
    list = [...list, 1];
    expect(await reload()).toMatchObject({ outcome: 'applied' });
    expect((value() as { list: unknown[] }).list).toHaveLength(LENGTH + 1);
    expect(runtime.core.store.current.version).toBe(2);
  });

  it('is compared and redacted', () => {
    const [before, after] = [{ list: listOf(LENGTH) }, { list: listOf(LENGTH).with(5, 77) }];
    const { entries } = compareVersions(
      { label: 'a', tree: before },
      { label: 'b', tree: after },
      new SecretPolicy(),
    );
    expect(entries).toMatchObject([{ path: 'list.5', previous: 5, current: 77 }]);
    expect((new SecretPolicy().redact(after) as unknown as typeof after).list).toHaveLength(LENGTH);
  });
});

describe('A rejection of 150,000 values', { timeout: 300_000 }, () => {
  it('reports the first unknown keys, and the number of the others', async () => {
    const members = Object.fromEntries(listOf(150_000).map((digit, index) => [`key${index}`, digit]));
    const { runtime } = runtimeOf({
      sources: [factory(() => members)],
      schema: z.object({ model: z.string().optional() }),
      unknownKeys: 'reject',
    });
    await expect(runtime.boot()).rejects.toMatchObject({
      issues: expect.objectContaining({
        length: 1_001,
        1000: expect.objectContaining({ message: 'and 149000 more' }),
      }) as unknown,
    });
  });

  it('reports the first elements of another type, and the number of the others', async () => {
    const { runtime } = runtimeOf({
      sources: [factory(() => ({ list: listOf(150_000) }))],
      schema: z.object({ list: z.array(z.string()) }),
    });
    await expect(runtime.boot()).rejects.toThrow(/and 149000 more/);
  });
});
