import { Inject, Injectable, Optional } from '@nestjs/common';
import { type ConfigSnapshot, refreshable } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { handleOf } from '../../../lib/refreshable/refreshable.handle.js';
import { startApp } from '../../support/start-app.js';

type Config = { a: number };

class Client {
  static readonly hooks: string[] = [];
  readonly #address: string;
  constructor(address: string) {
    this.#address = address;
  }
  get address() {
    return this.#address;
  }
  send(text: string) {
    return `${text} to ${this.#address}`;
  }
  onModuleInit() {
    Client.hooks.push('onModuleInit');
  }
  onModuleDestroy() {
    Client.hooks.push('onModuleDestroy');
  }
}

@Injectable()
class Sender {
  constructor(@Inject(Client) readonly client: Client) {}
}

const client = refreshable<Client, Config>({
  provide: Client,
  on: 'a',
  transparent: true,
  useFactory: ({ value }) => new Client(`host${value.a}`),
});

describe('A transparent refreshable', () => {
  it('is injected as the instance of the ambient snapshot itself', async () => {
    const { app, config, change } = await startApp({ a: 1 }, { providers: [Sender, client] });
    const { client: injected } = app.get(Sender);
    expect(injected).toBeInstanceOf(Client);
    expect(injected.send('hello')).toBe('hello to host1');

    await config.runPinned(async () => {
      await change({ a: 2 });
      expect(injected.send('hello')).toBe('hello to host1');
    });
    expect([injected.send('hello'), injected.address]).toEqual(['hello to host2', 'host2']);
  });

  it('hides lifecycle hooks from Nest: the instances are not its own', async () => {
    Client.hooks.length = 0;
    const { app } = await startApp({ a: 1 }, { providers: [client] });
    await app.close();
    expect(Client.hooks).toEqual([]);
  });

  it('may be a function', async () => {
    const { app, change } = await startApp(
      { a: 1 },
      {
        providers: [
          refreshable<(n: number) => number, Config>({
            provide: 'add',
            on: 'a',
            transparent: true,
            useFactory: ({ value }) => {
              return (n) => n + value.a;
            },
          }),
        ],
      },
    );
    const add = app.get<(n: number) => number>('add');
    expect(add(1)).toBe(2);
    await change({ a: 5 });
    expect(add(1)).toBe(6);
  });

  it('rebuilds the components that are built from it', async () => {
    const built: string[] = [];
    const { change } = await startApp(
      { a: 1 },
      {
        providers: [
          refreshable({
            provide: 'B',
            on: 'b',
            inject: [Client],
            useFactory: (_snapshot: ConfigSnapshot, injected: Client) => built.push(injected.address),
          }),
          client,
        ],
      },
    );
    await change({ a: 2 });
    expect(built).toEqual(['host1', 'host2']);
  });

  it.each([['a string'], [undefined], [null], [5]])('cannot be %s', async (value) => {
    const provider = refreshable({ provide: 'it', on: 'a', transparent: true, useFactory: () => value });
    await expect(startApp({ a: 1 }, { providers: [provider] })).rejects.toThrow(
      `only an object or a function can be transparent, but useFactory returned ${String(value)}`,
    );
  });

  it.each([[undefined], [null], ['text'], [{}], [() => 1]])('is not confused with %o', (value) => {
    expect(handleOf(value)).toBeUndefined();
  });

  it('may be optional and missing', async () => {
    @Injectable()
    class Optionally {
      constructor(@Optional() @Inject(Client) readonly injected?: Client) {}
    }
    const { app } = await startApp({ a: 1 }, { providers: [Optionally] });
    expect(app.get(Optionally).injected).toBeUndefined();
  });
});
