import { ConfigOptionsError } from 'nestjs-hot-config';
import { ConfigStoreError } from 'nestjs-hot-config/remote';
import { memoryStore } from 'nestjs-hot-config/stores/memory';
import { describe, expect, it } from 'vitest';
import { describeNetworkError } from '../../lib/connection/network-error.js';
import { StoreWatches } from '../../lib/stores/contract/store-watches.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const LOST = new ConfigStoreError('it is gone', 'unreachable');

function watches() {
  return new StoreWatches({ opened: () => undefined, closed: () => undefined });
}

function listener(told: string[]) {
  return {
    changed: (key: string) => void told.push(`changed ${key}`),
    lost: () => void told.push('lost'),
    restored: () => void told.push('restored'),
  };
}

describe('The watches of a store', () => {
  it('tell a watch that begins while messages may be missed', async () => {
    const [all, told] = [watches(), [] as string[]];
    all.add('a', listener([]));
    all.lost(LOST);
    all.add('b', listener(told));
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual(['lost']);
  });

  it('do not tell a watch that has ended, or of what is over by then', async () => {
    const [all, ended, restored] = [watches(), [] as string[], [] as string[]];
    all.add('a', listener([]));
    all.lost(LOST);
    await all.add('b', listener(ended)).close();
    all.add('c', listener(restored));
    all.restored();
    await turn();
    expect(ended).toEqual([]);
    expect(restored).toEqual(['restored']);
  });

  it('tell each once, and go on if a listener throws', () => {
    const [all, told] = [watches(), [] as string[]];
    const fails = () => {
      throw new Error('never mind');
    };
    all.add('', { changed: fails, lost: fails, restored: fails });
    all.add('', listener(told));
    all.restored();
    all.lost(LOST);
    all.lost(LOST);
    all.changed('key');
    all.restored();
    expect(told).toEqual(['lost', 'changed key', 'restored']);
  });
});

describe('A store refuses', () => {
  it.each([
    [undefined, 'must be a string'],
    ['', 'must not be empty'],
    ['x'.repeat(513), 'must not be longer than 512 bytes'],
    ['a\nb', 'must not have control characters'],
    ['\ud800', 'must not have control characters'],
  ])('the key %j', async (key, problem) => {
    await expect(memoryStore().get(key as string)).rejects.toThrow(problem);
  });

  it.each([5, 'a\0b', '\ud800'])('the value %j', async (value) => {
    await expect(memoryStore().put('key', value as string)).rejects.toThrow(ConfigOptionsError);
  });
});

describe('The reason of a connection that failed', () => {
  it.each([
    [
      Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      'refuses connections: start it, or correct the address',
    ],
    [
      new AggregateError([Object.assign(new Error('x'), { code: 'ENOTFOUND' })]),
      'has no address: correct its name, or check the name server (DNS)',
    ],
    [
      Object.assign(new Error('raw'), { code: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR' }),
      'refuses the TLS connection (internal error)',
    ],
    [new DOMException('it was aborted', 'AbortError'), 'cannot be asked: it was aborted'],
    [new Error('something else'), 'cannot be asked: something else'],
  ])('%# is a part of a sentence', (error, reason) => {
    expect(describeNetworkError(error)).toBe(reason);
  });

  it('is known of nothing, too', () => {
    expect(describeNetworkError(undefined)).toMatch(/^cannot be asked: /);
  });
});
