import { resolve } from 'node:path';
import ts from 'typescript';

const FILE = resolve('test/types/in-memory.ts'); // it exists in memory only
const CURSOR = '|';

/** What an editor shows for code that imports the package: the errors, and the completions at a cursor. */
export class Editor {
  readonly #service: ts.LanguageService;
  #version = 0;
  #text = '';

  /** @param preamble code before each text, such as imports and the type of the configuration */
  constructor(private readonly preamble: string) {
    const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
      config: unknown;
    };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
    const registry = ts.createDocumentRegistry();
    this.#service = ts.createLanguageService(
      {
        getCompilationSettings: () => ({ ...options, noEmit: true, noUnusedLocals: false }),
        getScriptFileNames: () => [FILE],
        getScriptVersion: (path) => (path === FILE ? String(this.#version) : '1'),
        getScriptSnapshot: (path) => {
          const text = path === FILE ? this.#text : ts.sys.readFile(path);
          return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
        },
        getCurrentDirectory: () => process.cwd(),
        getDefaultLibFileName: ts.getDefaultLibFilePath,
        fileExists: (path) => path === FILE || ts.sys.fileExists(path),
        readFile: (path) => ts.sys.readFile(path),
      },
      registry,
    );
    this.errors(''); // the first takes long: the compiler reads the whole package
  }

  /** Returns the errors in `code`, each with all its lines. */
  errors(code: string): string[] {
    this.#open(code);
    return this.#service
      .getSemanticDiagnostics(FILE)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  }

  /** Returns the names that an editor offers at the `|` in `code`. */
  completions(code: string): string[] {
    const cursor = this.preamble.length + 1 + code.indexOf(CURSOR);
    this.#open(code.replace(CURSOR, ''));
    const entries = this.#service.getCompletionsAtPosition(FILE, cursor, undefined)?.entries ?? [];
    return entries.map(({ name }) => name);
  }

  #open(code: string): void {
    this.#version += 1;
    this.#text = `${this.preamble}\n${code}`;
  }
}
