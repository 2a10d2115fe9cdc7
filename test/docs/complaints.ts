import { parseAllDocuments } from 'yaml';
import type { Fence } from './fences.js';

/** Returns what is wrong with the syntax of a block of YAML, or of JSON, which YAML contains. */
export function complaintsAboutYaml({ place, text }: Fence): string[] {
  return parseAllDocuments(text).flatMap(({ errors }) => errors.map((error) => `${place}: ${error.message}`));
}

/** Returns the commands of a block that are not known to work. */
export function complaintsAboutCommands(
  { place, text }: Fence,
  isKnown: (command: string) => boolean,
): string[] {
  return text
    .trim()
    .split(/\n|&&/)
    .filter((command) => !isKnown(command))
    .map((command) => `${place}: nothing tests "${command}"`);
}
