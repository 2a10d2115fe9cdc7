import { etcdStore, type EtcdStoreOptions } from 'nestjs-hot-config/stores/etcd';
import { describe, expect, it } from 'vitest';

const SECRET = 'password-that-nobody-prints';

describe('The options of etcdStore()', () => {
  it.each<[string, EtcdStoreOptions, string]>([
    ['no address', { urls: [] }, 'needs an address'],
    ['an address that is none', { urls: ['etcd:2379'] }, 'not an address such as'],
    ['a path', { urls: ['https://etcd.example:2379/v3'] }, 'more than a host and a port'],
    ['a password in an address', { urls: [`https://app:${SECRET}@etcd.example`] }, 'password: { file }'],
    ['TLS for some', { urls: ['https://a.example', 'http://localhost'] }, 'with and without TLS'],
    ['no TLS to another machine', { urls: ['http://etcd.example:2379'] }, 'use https://etcd.example:2379'],
    ['certificates without TLS', { urls: ['http://localhost'], tls: { ca: 'ca.crt' } }, 'write https://'],
    [
      'a user without a password',
      { urls: ['http://localhost'], username: 'app' },
      'both "username" and "password"',
    ],
    [
      'a password that is not a place',
      { urls: ['http://localhost'], username: 'app', password: SECRET as never },
      'a place to read it from',
    ],
    ['a wrong name', { urls: ['http://localhost'], timeuot: 1 } as never, 'did you mean "timeout"?'],
    ['control characters', { urls: ['http://localhost'], prefix: 'a\n' }, 'control characters'],
  ])('refuses %s, and shows no password', (_what, options, message) => {
    const create = () => etcdStore(options);
    expect(create).toThrow(message);
    expect(create).not.toThrow(SECRET);
  });

  it('name the store, with the port that etcd has if none is written', () => {
    const names = [
      ['https://etcd.example'],
      ['https://etcd.example:443'],
      ['http://127.0.0.1:2380', 'http://[::1]'],
    ].map((urls) => etcdStore({ urls }).name);
    expect(names).toEqual([
      'etcd etcd.example:2379',
      'etcd etcd.example:443',
      'etcd 127.0.0.1:2380,[::1]:2379',
    ]);
  });

  it('allow connections without TLS to other machines, if the app says so', () => {
    expect(() => etcdStore({ urls: ['http://etcd.example:2379'], tls: false })).not.toThrow();
  });

  it('name what a password cannot be read from', async () => {
    const password = { env: 'A_VARIABLE_THAT_IS_NOT_SET' };
    const store = etcdStore({ urls: ['http://127.0.0.1:1'], username: 'app', password });
    await expect(store.get('key')).rejects.toMatchObject({
      failure: 'denied',
      summary: expect.stringContaining('The environment variable A_VARIABLE_THAT_IS_NOT_SET'),
    });
    const bare = etcdStore({ urls: ['https://127.0.0.1:1'], tls: { ca: '/nowhere/ca.crt' } });
    await expect(bare.get('key')).rejects.toMatchObject({
      failure: 'denied',
      summary: expect.stringContaining('/nowhere/ca.crt'),
    });
  });
});
