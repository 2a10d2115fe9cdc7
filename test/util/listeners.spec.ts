import { describe, expect, it, vi } from 'vitest';
import { Listeners } from '../../lib/util/listeners.js';

describe('Listeners', () => {
  it('are called with each event until they are removed', () => {
    const listeners = new Listeners<number>(() => undefined);
    const seen: number[] = [];
    const remove = listeners.add((event) => seen.push(event));
    listeners.emit(1);
    remove();
    remove();
    listeners.emit(2);
    expect(seen).toEqual([1]);
  });

  it('do not keep an event from one another: the error of one is passed to the callback', () => {
    const onError = vi.fn<(error: unknown) => void>();
    const listeners = new Listeners<string>(onError);
    const next = vi.fn<(event: string) => void>();
    listeners.add(() => {
      throw new Error('broken listener');
    });
    listeners.add(next);
    listeners.emit('event');
    expect(next).toHaveBeenCalledExactlyOnceWith('event');
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('broken listener'));
  });

  it('may add and remove listeners while an event is emitted: that applies from the next event on', () => {
    const listeners = new Listeners<number>(() => undefined);
    const seen: string[] = [];
    listeners.add((event) => {
      if (event === 1) removeSecond();
      if (event === 1) listeners.add((later) => seen.push(`third ${later}`));
    });
    const removeSecond = listeners.add((event) => seen.push(`second ${event}`));
    listeners.emit(1);
    listeners.emit(2);
    expect(seen).toEqual(['second 1', 'third 2']);
  });
});
