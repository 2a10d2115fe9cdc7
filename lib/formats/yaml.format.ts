import type { ConfigFormat, TextProblem } from './config-format.interface.js';
import type { TextPlaces } from './text-places.js';
import { FormatError } from './format.error.js';
import { weaklyCached } from './weakly-cached.js';
import { YamlComposer } from './yaml-composer.js';
import { parseYaml, type YamlDocument } from './yaml-events.js';
import { refuseTooManyNodes } from './yaml-size.js';
import { YamlSyntaxTree } from './yaml-syntax-tree.js';

/**
 * YAML 1.2 (core schema) with merge keys (`<<: *anchor`). Keys are strings as written, numbers are exact, and no key is
 * repeated in one mapping. If a file has several documents, the first one is used, with a warning.
 */
export const yamlFormat: Readonly<ConfigFormat> = {
  name: 'YAML',
  extensions: ['yaml', 'yml'],
  hasIndentedStrings: true,
  parse(text, context) {
    refuseTooManyNodes(text, context.limits.maxKeys);
    const document = parseYaml(text);
    const { value, problems, warnings } = new YamlComposer(document, context);
    if (problems.length > 0) throw new FormatError(problems);
    return { value, warnings: [...warningsOf(document), ...warnings], ...placesIn(text) };
  },
  placesIn,
};

/** The text is parsed again if a position is needed: the events take many times its memory. */
function placesIn(text: string): TextPlaces {
  const tree = weaklyCached(() => new YamlSyntaxTree(parseYaml(text)));
  return {
    locate: (path, part) => tree().locate(path, part),
    textOf: (path) => tree().textOf(path),
  };
}

function warningsOf({ text, at, directives, next }: YamlDocument): TextProblem[] {
  const warnings: TextProblem[] = [];
  const version = directives.find((each) => each.kind === 'yaml')?.version;
  if (version === '1.0' || version === '1.1') {
    const message = `the file says YAML ${version}, but YAML 1.2 is read: yes, no, on and off are strings; remove the line`;
    warnings.push({ message, position: at(text.indexOf('%YAML')) });
  }
  if (next !== undefined) {
    const message = 'a second document starts here, but only the first one is used; remove the others';
    warnings.push({ message, position: next });
  }
  return warnings;
}
