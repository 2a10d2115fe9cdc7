import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type Caller, CallerFinder } from '../../lib/start-reads/caller.js';
import { SourcePlaces } from '../../lib/start-reads/source-place.js';
import { TempFolder } from '../support/temp-folder.js';

/** A file of an app: a class whose constructor reads something. */
const STRATEGY = `interface Payload {
  readonly sub: string;
}

export class JwtStrategy {
  readonly payload?: Payload;

  constructor(read: () => void) {
    read();
  }
}
`;

type Reader = (read: () => void) => unknown;

interface Nest {
  readonly call: (reader: Reader, read: () => void) => void;
}

interface Library {
  readonly reads: (find: () => Caller | undefined, found: (Caller | undefined)[]) => () => void;
}

/** An app on disk, whose files Node loads itself. */
class DiskApp {
  readonly #folder = new TempFolder();

  write(name: string, text: string): void {
    mkdirSync(dirname(this.#folder.file(name)), { recursive: true });
    writeFileSync(this.#folder.file(name), text);
  }

  /** Compiles the strategy into `dist`, as `nest build` does. */
  compileStrategy(options: ts.CompilerOptions = {}): void {
    const { outputText, sourceMapText } = ts.transpileModule(STRATEGY, {
      fileName: 'jwt.strategy.ts',
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, ...options },
    });
    this.write(
      'dist/jwt.strategy.js',
      `${outputText}
exports.read = exports.JwtStrategy;`,
    );
    if (sourceMapText !== undefined)
      this.write('dist/jwt.strategy.js.map', sourceMapText.replace('"sources":["', '"sources":["../src/'));
  }

  /** Returns what is found if this file of Nest calls `read` of a file of the app. */
  find(file: string, nest = 'core/injector/injector.js'): Caller | undefined {
    this.write(
      `node_modules/@nestjs/${nest}`,
      'exports.call = (reader, read) => (/^class/.test(reader) ? new reader(read) : reader(read));',
    );
    // No code of this test may stand between the app and the library: its frames would be frames of the app.
    this.write(
      'node_modules/nestjs-hot-config/index.js',
      'exports.reads = (find, found) => () => void found.push(find());',
    );
    const load = createRequire(this.#folder.file('package.json'));
    const { call } = load(`./node_modules/@nestjs/${nest}`) as Nest;
    const { reads } = load('./node_modules/nestjs-hot-config/index.js') as Library;
    const { read } = load(`./${file}`) as { readonly read: Reader };
    const found: (Caller | undefined)[] = [];
    const finder = new CallerFinder();
    call(read, reads(finder.find.bind(finder), found));
    return found[0];
  }

  /** Returns the place of the strategy as people read it, below the folder of the app. */
  placeOfStrategy(): string | undefined {
    const { position } = this.find('dist/jwt.strategy.js')!;
    return new SourcePlaces(position!.file).place(position!).replace(`${this.#folder.path}/`, '');
  }
}

describe('The caller of the library', () => {
  it('is the function that Nest has called, and what it has called in turn is not', () => {
    const app = new DiskApp();
    app.write('helper.js', 'exports.Helper = class Helper { get(read) { read(); } };');
    app.write(
      'factory.js',
      "const { Helper } = require('./helper.js'); exports.read = function useFactory(read) { new Helper().get(read); };",
    );
    expect(app.find('factory.js')).toMatchObject({ name: 'useFactory', position: { line: 1 } });
  });

  it('is the file, if the function has no name', () => {
    const app = new DiskApp();
    app.write('factory.js', 'const make = () => (read) => read(); exports.read = make();');
    expect(app.find('factory.js')).toMatchObject({ name: 'factory.js' });
  });

  it('is the package, if none of the app stands between it and Nest', () => {
    const app = new DiskApp();
    app.write('node_modules/@acme/mailer/index.js', 'exports.read = (read) => read();');
    expect(app.find('node_modules/@acme/mailer/index.js')).toEqual({ name: '@acme/mailer' });
  });

  it('is nobody in a request or a message', () => {
    const app = new DiskApp();
    app.write('handler.js', 'exports.read = function handle(read) { read(); };');
    expect(app.find('handler.js')).toMatchObject({ name: 'handle' });
    expect(app.find('handler.js', 'microservices/context/rpc-proxy.js')).toBeUndefined();
    expect(app.find('handler.js', 'core/router/router-proxy.js')).toBeUndefined();
  });

  it('is found without a trace in the settings of the process', () => {
    const app = new DiskApp();
    app.compileStrategy();
    const settings = () => [Error.stackTraceLimit, Reflect.get(Error, 'prepareStackTrace')];
    const before = settings();
    expect(app.find('dist/jwt.strategy.js')).toMatchObject({ name: 'JwtStrategy' });
    expect(settings()).toEqual(before);
  });
});

describe('The place of a caller', () => {
  it('is that of the source, if the compiler has written a map', () => {
    const app = new DiskApp();
    app.compileStrategy({ sourceMap: true });
    expect(app.placeOfStrategy()).toBe('src/jwt.strategy.ts:9');
  });

  it('is that of the compiled file without a map, with a broken one, and with one of a bundle', () => {
    const app = new DiskApp();
    app.compileStrategy();
    const compiled = app.placeOfStrategy();
    expect(compiled).toMatch(/^dist\/jwt\.strategy\.js:\d+$/);
    for (const map of [
      '{',
      '{}',
      JSON.stringify({ version: 3, mappings: 'A'.repeat(2 ** 20), sources: [] }),
    ]) {
      app.write('dist/jwt.strategy.js.map', map);
      expect(app.placeOfStrategy()).toBe(compiled);
    }
  });
});
