import { resolve } from 'node:path';
import ts from 'typescript';

const FILE = resolve('test/types/in-memory.ts'); // it exists in memory only
const CURSOR = '|';

/** The parsed files of the package and of Node, which all editors of a process share. */
const registry = ts.createDocumentRegistry();

/** What an editor shows for code that imports the package: the errors, and the completions at a cursor. */
export class Editor {
  readonly #service: ts.LanguageService;
  /** The files in memory by their paths, and the paths of the codes that were given to the constructor. */
  readonly #texts = new Map([[FILE, '']]);
  readonly #paths = new Map<string, string>();

  /**
   * @param preamble code before each text, such as imports and the type of the configuration
   * @param codes those that `errors()` is asked about: all are one program, because each program takes long
   */
  constructor(
    private readonly preamble: string,
    codes: readonly string[] = [],
  ) {
    for (const code of codes) {
      const path = resolve(`test/types/in-memory-${this.#paths.size}.ts`);
      this.#paths.set(code, path);
      this.#texts.set(path, `${preamble}\n${code}`);
    }
    const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
      config: unknown;
    };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
    this.#service = ts.createLanguageService(
      {
        getCompilationSettings: () => ({ ...options, noEmit: true, noUnusedLocals: false }),
        getScriptFileNames: () => [...this.#texts.keys()],
        getScriptVersion: (path) => this.#texts.get(path) ?? '1',
        getScriptSnapshot: (path) => {
          const text = this.#texts.get(path) ?? ts.sys.readFile(path);
          return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
        },
        getCurrentDirectory: () => process.cwd(),
        getDefaultLibFileName: ts.getDefaultLibFilePath,
        fileExists: (path) => this.#texts.has(path) || ts.sys.fileExists(path),
        readFile: (path) => ts.sys.readFile(path),
      },
      registry,
    );
    this.errors(codes[0] ?? ''); // the first takes long: the compiler reads the whole package
  }

  /** Returns the errors in `code`, each with all its lines. */
  errors(code: string): string[] {
    const path = this.#paths.get(code) ?? this.#open(code);
    return this.#service
      .getSemanticDiagnostics(path)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  }

  /** Returns the names that an editor offers at the `|` in `code`. */
  completions(code: string): string[] {
    const cursor = this.preamble.length + 1 + code.indexOf(CURSOR);
    this.#open(code.replace(CURSOR, ''));
    const entries = this.#service.getCompletionsAtPosition(FILE, cursor, undefined)?.entries ?? [];
    return entries.map(({ name }) => name);
  }

  #open(code: string): string {
    this.#texts.set(FILE, `${this.preamble}\n${code}`);
    return FILE;
  }
}
