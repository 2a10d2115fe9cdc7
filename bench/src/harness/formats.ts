import { parse as parseYaml, stringify as stringifyYaml } from 'yaml';

/** Writing and parsing a configuration by the packages that are common for it. */
export const FORMATS = {
  json: {
    write: (tree: object) => JSON.stringify(tree, null, 2),
    parse: (text: string): unknown => JSON.parse(text),
  },
  yaml: { write: (tree: object) => stringifyYaml(tree), parse: (text: string): unknown => parseYaml(text) },
};

export type Format = keyof typeof FORMATS;
