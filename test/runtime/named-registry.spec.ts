import { describe, expect, it } from 'vitest';
import { NamedRegistry } from '../../lib/runtime/named-registry.js';

describe('A NamedRegistry', () => {
  it('keeps items under their names, in the order of adding, until they are removed', () => {
    const registry = new NamedRegistry<number>('number');
    const removeOne = registry.add('one', 1);
    registry.add('two', 2);
    expect([...registry]).toEqual([
      ['one', 1],
      ['two', 2],
    ]);
    expect(registry.get('one')).toBe(1);
    removeOne();
    expect([...registry]).toEqual([['two', 2]]);
    expect(registry.get('one')).toBeUndefined();
  });

  it('rejects a name that is taken, and accepts it again when the item is removed', () => {
    const registry = new NamedRegistry<number>('number');
    const remove = registry.add('one', 1);
    expect(() => registry.add('one', 1)).toThrow("The number 'one' cannot be added: the name is taken");
    remove();
    registry.add('one', 11);
    remove(); // does not remove the item of another caller
    expect(registry.get('one')).toBe(11);
  });

  it('rejects an item with a mistake, and tells it to no one', () => {
    const registry = new NamedRegistry<number>('number', (name, item) =>
      item < 0 ? `${name} is negative` : undefined,
    );
    const seen: string[] = [];
    registry.each((name) => (seen.push(name), () => undefined));
    expect(() => registry.add('minus', -1)).toThrow("The number 'minus' cannot be added: minus is negative");
    expect([...registry]).toEqual([]);
    expect(seen).toEqual([]);
  });

  it('calls a follower with the items that are there and with those that come, and ends each once', () => {
    const registry = new NamedRegistry<number>('number');
    const events: string[] = [];
    const removeEarly = registry.add('early', 1);
    const end = registry.each((name, item) => {
      events.push(`+${name}=${item}`);
      return () => events.push(`-${name}`);
    });
    const removeLate = registry.add('late', 2);
    registry.add('last', 3);
    removeEarly();
    removeEarly();
    expect(events.splice(0)).toEqual(['+early=1', '+late=2', '+last=3', '-early']);
    end();
    end();
    expect(events.splice(0)).toEqual(['-late', '-last']);
    removeLate();
    registry.add('after the end', 4);
    expect(events).toEqual([]);
  });

  it('can be changed while it is iterated', () => {
    const registry = new NamedRegistry<() => void>('function');
    const remove = registry.add('removes itself', () => remove());
    registry.add('adds another', () => registry.add('other', () => undefined));
    const called: string[] = [];
    for (const [name, run] of registry) {
      called.push(name);
      run();
    }
    expect(called).toEqual(['removes itself', 'adds another']);
    expect([...registry].map(([name]) => name)).toEqual(['adds another', 'other']);
  });
});
