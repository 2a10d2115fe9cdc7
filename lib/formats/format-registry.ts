import type { ConfigFormat } from './config-format.interface.js';
import { dotenvFormat } from './dotenv.format.js';
import { jsonFormat } from './json.format.js';
import { json5Format, jsoncFormat } from './loose-json.format.js';
import { textFormat } from './text.format.js';
import { tomlFormat } from './toml.format.js';
import { yamlFormat } from './yaml.format.js';

/** What every app knows. */
const BUILT_IN: readonly ConfigFormat[] = [
  jsonFormat,
  jsoncFormat,
  json5Format,
  yamlFormat,
  tomlFormat,
  dotenvFormat,
  textFormat,
];

/**
 * The formats an app knows. Immutable: `with` gives a larger one.
 *
 * @publicApi
 */
export class FormatRegistry {
  readonly #byExtension = new Map<string, ConfigFormat>();
  readonly #byName = new Map<string, ConfigFormat>();

  /** Of two formats with one name or extension, the later counts. */
  constructor(private readonly formats: readonly ConfigFormat[] = BUILT_IN) {
    for (const format of formats) {
      this.#byName.set(format.name.toLowerCase(), format);
      for (const extension of format.extensions) this.#byExtension.set(extension.toLowerCase(), format);
    }
  }

  /** A registry that knows `formats` too, and prefers them. */
  with(...formats: readonly ConfigFormat[]): FormatRegistry {
    return new FormatRegistry([...this.formats, ...formats]);
  }

  /** The format called `name`, in any case. */
  byName(name: string): ConfigFormat | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** The format of the longest extension that `file` ends with. */
  byFile(file: string): ConfigFormat | undefined {
    const extension = this.extensionOf(file);
    if (extension !== undefined) return this.#byExtension.get(extension);
    // `.env.local`: here it is the beginning that names the format.
    return /(?:^|\/)\.env\.[^/]*$/i.test(file) ? this.#byExtension.get('env') : undefined;
  }

  /** The known extension that `file` ends with, without its dot: of `a.conf.yaml` it is `yaml`. */
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
