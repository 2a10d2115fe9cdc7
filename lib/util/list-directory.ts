import { readdirSync } from 'node:fs';

/** The names in a directory; none where it is gone, or may not be read. */
export function listDirectory(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
