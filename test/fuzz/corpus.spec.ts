import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CORPUS, readCorpus } from './corpus.js';
import { Fuzzer } from './fuzzer.js';
import { Random } from './random.js';
import type { FuzzTarget } from './target.interface.js';
import { TARGETS } from './targets/index.js';

const files = TARGETS.flatMap(({ name }) => readCorpus(name));

describe('The corpus of the fuzzer', () => {
  it('has inputs for each target, and for no other', () => {
    expect(readdirSync(CORPUS).sort()).toEqual(TARGETS.map(({ name }) => name).sort());
  });

  it('stays small', () => {
    expect(files.length).toBeLessThan(400);
    expect(files.reduce((sum, { input }) => sum + input.length, 0)).toBeLessThan(300_000);
  });

  it.each(TARGETS)('breaks no promise of $name', async (target) => {
    for (const { path, input } of readCorpus(target.name)) {
      const fault = await new Fuzzer(target, new Random(1)).try(input);
      expect(fault?.error, path).toBeUndefined();
    }
  });
});

describe('The fuzzer', () => {
  const picky: FuzzTarget = {
    name: 'picky',
    words: ['walrus'],
    run: (input) => {
      if (input.includes('walrus') && input.includes('\n')) throw new Error('a promise is broken');
    },
  };

  async function faultOf(seed: number) {
    const fuzzer = new Fuzzer(picky, new Random(seed));
    await fuzzer.try(Buffer.from('a: 1'));
    for (;;) {
      const fault = await fuzzer.tryNext();
      if (fault !== undefined) return { fault, fuzzer };
    }
  }

  it('finds an input that breaks a promise, and makes it as short as possible', async () => {
    const { fault, fuzzer } = await faultOf(1);
    const { input, error } = await fuzzer.minimize(fault);
    expect(['walrus\n', '\nwalrus']).toContain(input.toString());
    expect(error).toEqual(new Error('a promise is broken'));
  });

  it('tries the same inputs again with the same seed', async () => {
    expect((await faultOf(7)).fault.input).toEqual((await faultOf(7)).fault.input);
    expect((await faultOf(7)).fault.input).not.toEqual((await faultOf(8)).fault.input);
  });
});
