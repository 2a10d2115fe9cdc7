import { postgresSchema, postgresStore } from 'nestjs-hot-config/stores/postgres';
import { describe, expect, it } from 'vitest';

const nameOf = (url: string, options: object = {}) => postgresStore({ url, ...options }).name;

describe('The options of postgresStore()', () => {
  it.each([
    ['postgres://app@db.example/shop', 'postgres db.example:5432/shop'],
    ['postgresql://app@[::1]:5433/shop', 'postgres [::1]:5433/shop'],
    ['postgres://app@%2Frun%2Fpostgresql/shop', 'postgres /run/postgresql:5432/shop'],
    ['postgres://app@db.example/shop?sslmode=verify-full', 'postgres db.example:5432/shop'],
  ])('accept %s', (url, name) => {
    expect(nameOf(url)).toBe(name);
  });

  it.each([
    ['postgres://app:canary@db.example/shop', 'has a password'],
    ['postgres://app@db.example/shop?password=canary', 'has a password'],
    ['postgres://app@one.example,two.example/shop', 'names several hosts'],
    ['postgres://app@one.example:5432,two.example:5432/shop', 'names several hosts'],
    ['postgres://db.example/shop', 'must name a user, a host and a database'],
    ['postgres://app@db.example', 'must name a user, a host and a database'],
    ['postgres://app@/shop', 'is not an address'],
    ['mysql://app@db.example/shop', 'is not an address'],
    ['canary', 'is not an address'],
    ['postgres://app@db.example/shop%', 'has a % that does not begin a character'],
    ['postgres://app@db.example/shop?options=-c%20x', 'has the parameter "options"'],
    ['postgres://app@db.example/shop?sslmode=require', 'has another "sslmode" than verify-full'],
    ['postgres://app@db.example/shop?sslmode=disable', 'has another "sslmode" than verify-full'],
    ['postgres://app@%2Frun/shop?sslmode=verify-full', 'is a folder of sockets'],
  ])('refuse %s', (url, message) => {
    expect(() => nameOf(url)).toThrow(message);
    expect(() => nameOf(url)).not.toThrow('canary');
  });

  it.each([
    [{ table: 'Config' }, 'must be a name such as "hot_config"'],
    [{ table: 'a.b.c' }, 'must be a name such as "hot_config"'],
    [{ table: 'x"; DROP TABLE y' }, 'must be a name such as "hot_config"'],
    [{ table: 'x'.repeat(41) }, 'must be a name such as "hot_config"'],
    [{ interval: 99 }, 'The option "interval" must be at least 100 ms'],
    [{ interval: -1 }, 'The option "interval"'],
    [{ prefix: 'a\nb' }, 'The prefix of a store must not have control characters'],
    [{ password: 'canary' }, 'The option "password" must be a place to read it from'],
    [{ tls: true }, 'The option "tls"'],
    [{ tables: 'x' }, 'did you mean "table"?'],
    [{ tls: false }, 'turns TLS off', 'postgres://app@db.example/shop?sslmode=verify-full'],
  ])('refuse %j', (options, message, url = 'postgres://app@db.example/shop') => {
    expect(() => nameOf(url, options)).toThrow(message);
    expect(() => nameOf(url, options)).not.toThrow('canary');
  });

  it('are checked in the SQL of a migration too', () => {
    expect(() => postgresSchema('x"; DROP TABLE y')).toThrow('must be a name such as "hot_config"');
  });
});
