import type { ConfigFormat } from './config-format.interface.js';
import { jsonFormat } from './json.format.js';
import { textFormat } from './text.format.js';
import { yamlFormat } from './yaml.format.js';

/**
 * The formats an app knows. Immutable: `with` gives a larger one.
 *
 * @publicApi
 */
export class FormatRegistry {
  readonly #byExtension = new Map<string, ConfigFormat>();
  readonly #byName = new Map<string, ConfigFormat>();

  /** Of two formats with one name or extension, the later counts. Default: JSON, YAML, text. */
  constructor(private readonly formats: readonly ConfigFormat[] = [jsonFormat, yamlFormat, textFormat]) {
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
    return this.#byExtension.get(this.extensionOf(file) ?? '');
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

  /** `.json, .yaml, .yml, .txt`, for messages. */
  get knownExtensions(): string {
    return [...this.#byExtension.keys()].map((extension) => `.${extension}`).join(', ');
  }

  /** `JSON, YAML, text`, for messages. */
  get knownNames(): string {
    return [...this.#byName.values()].map((format) => format.name).join(', ');
  }
}
