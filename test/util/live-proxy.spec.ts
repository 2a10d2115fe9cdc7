import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { liveProxy } from '../../lib/util/live-proxy.js';

class Counter {
  #count = 0;
  label = 'counter';
  static made = 0;
  readonly Step = class {
    static size = 1;
  };
  constructor(start = 0) {
    this.#count = start;
  }
  get count() {
    return this.#count;
  }
  set count(count: number) {
    this.#count = count;
  }
  increase(by = 1) {
    this.#count += by;
    return this.#count;
  }
  onModuleInit() {
    return 'called';
  }
}

/** A proxy, and a way to put another object behind it. */
function live<X extends object>(first: X, options?: Parameters<typeof liveProxy>[1]) {
  const box = { real: first };
  return { box, proxy: liveProxy(() => box.real, options) };
}

describe('A live proxy', () => {
  it('lets a spy replace a method and call the original', () => {
    const { box, proxy } = live(new Counter());
    const spy = vi.spyOn(proxy, 'increase');
    expect([proxy.increase(2), spy.mock.calls]).toEqual([2, [[2]]]);
    const before = Reflect.get(proxy, 'increase') as Counter['increase'];
    proxy.increase = (by) => 10 * before(by);
    expect(proxy.increase(1)).toBe(30);
    box.real = new Counter(5);
    expect([proxy.increase(1), before(1)]).toEqual([6, 7]);
  });

  it('tells apart two names of one method', () => {
    const { proxy } = live(new EventEmitter());
    const heard: string[] = [];
    expect(typeof proxy.on).toBe('function');
    proxy.on = (name, listener) => {
      heard.push(`on ${String(name)}`);
      return proxy.addListener(name, listener);
    };
    proxy.on('token', () => heard.push('token'));
    proxy.emit('token');
    expect(heard).toEqual(['on token', 'token']);
  });

  it('runs methods, getters and setters on the real object, private fields included', () => {
    const { box, proxy } = live(new Counter());
    expect(proxy.increase(2)).toBe(2);
    proxy.count = 10;
    proxy.label = 'changed';
    expect([proxy.count, box.real.count, box.real.label]).toEqual([10, 10, 'changed']);
    box.real = new Counter(5);
    expect(proxy.count).toBe(5);
  });

  it('is an instance of its class, and looks like it', () => {
    const { proxy } = live(new Counter());
    expect(proxy).toBeInstanceOf(Counter);
    expect(proxy.constructor).toBe(Counter);
    expect(typeof proxy).toBe('object');
    expect(Object.keys(proxy)).toEqual(Object.keys(new Counter()));
    expect('increase' in proxy && !('decrease' in proxy)).toBe(true);
  });

  it('spreads, prints and becomes JSON as the real object does', () => {
    const { box, proxy } = live<object>({ a: 1, b: { c: [2] } });
    expect({ ...proxy }).toEqual({ a: 1, b: { c: [2] } });
    expect(JSON.stringify({ proxy })).toBe('{"proxy":{"a":1,"b":{"c":[2]}}}');
    expect(inspect(proxy)).toBe(inspect(box.real));
    expect(Object.entries(proxy)).toEqual(Object.entries(box.real));
    box.real = { z: 1 };
    expect(Object.keys(proxy)).toEqual(['z']);
  });

  it('says in the error of structuredClone() what can be cloned', () => {
    const real = { model: 'large', limits: { tokens: 1 } };
    const proxy = liveProxy(() => real);
    for (const clone of [() => structuredClone(proxy), () => structuredClone({ deep: [proxy] })])
      expect(clone).toThrow(
        '[object Live object of nestjs-hot-config: clone a copy, structuredClone({ ...object }). The proxy itself] ' +
          'could not be cloned.',
      );
    expect(structuredClone({ ...proxy })).toEqual(real);
    expect(Object.prototype.toString.call(proxy)).toBe('[object Object]');
  });

  it('defines and deletes properties of the real object', () => {
    const { box, proxy } = live<{ a?: number }>({ a: 1 });
    Object.defineProperty(proxy, 'b', { value: 2, enumerable: true, configurable: true });
    delete proxy.a;
    expect(box.real).toEqual({ b: 2 });
    expect(Object.getOwnPropertyDescriptor(proxy, 'b')).toMatchObject({ value: 2, configurable: true });
    expect(Object.getOwnPropertyDescriptor(proxy, 'a')).toBeUndefined();
  });

  it('cannot be frozen or get another prototype, because the real object may be replaced', () => {
    const { proxy } = live({ a: 1 });
    expect(() => Object.freeze(proxy)).toThrow(TypeError);
    expect(() => Object.setPrototypeOf(proxy, null)).toThrow(TypeError);
  });

  it('returns the same function for a method that is read twice, even if two objects alternate', () => {
    const [one, two] = [new Counter(), new Counter()];
    const { box, proxy } = live(one);
    const increase = () => Reflect.get(proxy, 'increase') as unknown;
    const ofOne = increase();
    box.real = two;
    const ofTwo = increase();
    box.real = one;
    expect(increase()).toBe(ofOne);
    box.real = two;
    expect(increase()).toBe(ofTwo);
  });

  it('runs a stored method on the object that is real when it is called', () => {
    const { box, proxy } = live<{ name: () => string }>({ name: () => 'first' });
    const { name } = proxy;
    const bound = proxy.name.bind(proxy);
    box.real = { name: () => 'second' };
    expect([name(), bound()]).toEqual(['second', 'second']);
  });

  it('does not forward a method that is called on another object', () => {
    const { proxy } = live({
      name(this: { own: string }) {
        return this.own;
      },
    });
    expect(proxy.name.call({ own: 'mine' })).toBe('mine');
  });

  it('returns methods with their metadata: inherited ones, those under a symbol, and those of an object without a class', () => {
    const marked = <F extends object>(fn: F, value: string): F => {
      Reflect.defineMetadata('marked', value, fn);
      return fn;
    };
    const key = Symbol('key');
    class Base {
      inherited() {
        return 1;
      }
    }
    class Derived extends Base {
      [key]() {
        return 2;
      }
      own = marked(() => 3, 'own');
    }
    marked(Base.prototype['inherited'], 'inherited');
    marked(Derived.prototype[key], 'symbol');
    const { box, proxy } = live<object>(new Derived());
    const read = (name: PropertyKey) => Reflect.getOwnMetadata('marked', Reflect.get(proxy, name)) as unknown;
    expect(['inherited', key, 'own'].map(read)).toEqual(['inherited', 'symbol', 'own']);
    box.real = { own: marked(() => 4, 'plain') };
    expect(read('own')).toBe('plain');
  });

  it('returns classes with their static members; they can be constructed', () => {
    const { proxy } = live(new Counter());
    expect(proxy.Step.size).toBe(1);
    expect(new proxy.Step()).toBeInstanceOf(proxy.Step);
  });

  it('can be a function or a class if it is callable', () => {
    const { box, proxy } = live((a: number) => a + 1, { callable: true });
    expect(proxy(1)).toBe(2);
    box.real = (a) => a * 10;
    expect(proxy(1)).toBe(10);
    const type = live(Counter, { callable: true }).proxy;
    expect(new type(3).count).toBe(3);
    expect(type.made).toBe(0);
  });

  it('is not a promise and has no lifecycle hooks, whatever the real object has', async () => {
    const thenable = new Counter();
    Reflect.set(thenable, 'then', () => undefined);
    const { proxy } = live(thenable);
    expect(await Promise.resolve(proxy)).toBe(proxy);
    expect(Reflect.get(proxy, 'onModuleInit')).toBeUndefined();
  });

  it('returns the lifecycle hooks that its options provide', () => {
    const { proxy } = live(new Counter(), { hooks: { onModuleInit: () => 'instead' } });
    expect(proxy.onModuleInit()).toBe('instead');
  });

  it('shows its prototype for an object without a class, and if there is no object', () => {
    class Address {
      host!: string;
      port!: number;
      get url() {
        return `http://${this.host}:${this.port}`;
      }
      path(name: string) {
        return `${this.url}/${name}`;
      }
    }
    const box: { real?: Address } = { real: { host: 'a', port: 1 } as Address };
    const resolve = () => {
      if (box.real === undefined) throw new Error('missing');
      return box.real;
    };
    const proxy = liveProxy<Address>(resolve, { prototype: Address.prototype });
    expect(proxy).toBeInstanceOf(Address);
    expect(proxy.url).toBe('http://a:1');
    expect('url' in proxy).toBe(true);
    expect(JSON.stringify(proxy)).toBe('{"host":"a","port":1}');

    delete box.real;
    expect(proxy).toBeInstanceOf(Address);
    expect(proxy.constructor).toBe(Address);
    expect(() => proxy.host).toThrow('missing');
  });
});
