import { ConfigOptionsError, directory, dotenv, env, factory, file } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';

/** Options of code without types. */
const any = (options: unknown) => options as never;
const read = () => ({});

describe('A source', () => {
  it.each([
    [() => file('a.yaml', any({ mout: 'llm' })), 'Unknown option "mout" of file(); did you mean "mount"?'],
    [
      () => directory('a', any({ recursiv: false })),
      'Unknown option "recursiv" of directory(); did you mean "recursive"?',
    ],
    [() => env(any({ prefx: 'APP_' })), 'Unknown option "prefx" of env(); did you mean "prefix"?'],
    [
      () => dotenv('.env', any({ expnd: true })),
      'Unknown option "expnd" of dotenv(); did you mean "expand"?',
    ],
    [
      () => factory(read, any({ namespce: 'a' })),
      'Unknown option "namespce" of factory(); did you mean "namespace"?',
    ],
    [
      () => dotenv('.env', any({ mount: 'a' })),
      'Unknown option "mount" of dotenv(); the options are optional, expand, onError',
    ],
    [
      () => file('a', any({ imports: { witin: '/etc' } })),
      'The option "imports.within" of file() is missing',
    ],
  ])('refuses an option that it does not know: %s', (create, message) => {
    expect(create).toThrow(ConfigOptionsError);
    expect(create).toThrow(message);
  });

  it.each([
    [
      () => file('a', any({ onError: 'ignore' })),
      'The option "onError" must be "reject" or "keep", but is "ignore"',
    ],
    [() => file('a', any({ optional: 'yes' })), 'The option "optional" must be true or false, but is "yes"'],
    [() => file('a', any({ format: 7 })), 'The option "format" must be the name of a format'],
    [
      () => directory('a', any({ extensions: 'json' })),
      'The option "extensions" must be a list of extensions',
    ],
    [() => directory('a', any({ filter: /a/ })), 'The option "filter" must be a function'],
    [
      () => env(any({ keys: 'kebab-case' })),
      'must be "snake_case", "camelCase", "as-is" or a function, but is "kebab-case"',
    ],
    [() => env(any({ files: 'APP_KEY' })), 'The option "files" must be a list of names of variables'],
    [() => env(any('APP_')), 'The options of env() must be an object, but are "APP_"'],
    [() => dotenv('.env', any({ expand: 1 })), 'The option "expand" must be true or false, but is 1'],
    [() => factory(read, any({ name: 7 })), 'The option "name" must be a string, but is 7'],
  ])('refuses a value that an option cannot have: %s', (create, message) => {
    expect(create).toThrow(ConfigOptionsError);
    expect(create).toThrow(message);
  });

  it('takes an option that is undefined as one that is left out', () => {
    expect(() => file('a.yaml', any({ mount: undefined }))).not.toThrow();
    expect(() => env(any({ keys: undefined, files: undefined }))).not.toThrow();
  });
});
