import type { ConfigFormat } from './config-format.interface.js';
import { dotenvFormat } from './dotenv.format.js';
import { jsonFormat } from './json.format.js';
import { json5Format, jsoncFormat } from './loose-json.format.js';
import { textFormat } from './text.format.js';
import { tomlFormat } from './toml.format.js';
import { yamlFormat } from './yaml.format.js';

const BUILT_IN_FORMATS: readonly ConfigFormat[] = [
  jsonFormat,
  jsoncFormat,
  json5Format,
  yamlFormat,
  tomlFormat,
  dotenvFormat,
  textFormat,
];

/** Checks whether a format is one of this library, unchanged: a thread finds it by its name. */
export function isBuiltIn(format: ConfigFormat): boolean {
  return BUILT_IN_FORMATS.includes(format);
}

/**
 * The formats that an app can read. Immutable: `with` returns a new registry.
 *
 * @publicApi
 */
export class FormatRegistry {
  readonly #byExtension = new Map<string, ConfigFormat>();
  readonly #byName = new Map<string, ConfigFormat>();

  /**
   * If two formats share a name or an extension, the later one is used.
   *
   * @internal
   */
  constructor(private readonly formats: readonly ConfigFormat[] = BUILT_IN_FORMATS) {
    for (const format of formats) {
      this.#byName.set(format.name.toLowerCase(), format);
      for (const extension of format.extensions) this.#byExtension.set(extension.toLowerCase(), format);
    }
  }

  /** Returns a registry with `formats` added. They take precedence over the existing ones. */
  with(...formats: readonly ConfigFormat[]): FormatRegistry {
    return new FormatRegistry([...this.formats, ...formats]);
  }

  /** Finds a format by its name. Case does not matter. */
  byName(name: string): ConfigFormat | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** Finds the format for the longest known extension of `file`. */
  byFile(file: string): ConfigFormat | undefined {
    const extension = this.extensionOf(file);
    if (extension !== undefined) return this.#byExtension.get(extension);
    // In `.env.local`, the beginning of the name determines the format.
    return /(?:^|\/)\.env\.[^/]*$/i.test(file) ? this.#byExtension.get('env') : undefined;
  }

  /** Returns the longest known extension of `file`, without its dot: `yaml` for `a.conf.yaml`. */
  extensionOf(file: string): string | undefined {
    const name = file.slice(file.lastIndexOf('/') + 1).toLowerCase();
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const extension = name.slice(dot + 1);
      if (this.#byExtension.has(extension)) return extension;
    }
    return undefined;
  }

  /** `.json, .yaml, .yml, …`, for messages. */
  get knownExtensions(): string {
    return [...this.#byExtension.keys()].map((extension) => `.${extension}`).join(', ');
  }

  /** `JSON, YAML, …`, for messages. */
  get knownNames(): string {
    return [...this.#byName.values()].map((format) => format.name).join(', ');
  }
}
