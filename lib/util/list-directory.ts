import { readdirSync } from 'node:fs';

/** Returns the names in a directory; none if it does not exist or cannot be read. */
export function listDirectory(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
