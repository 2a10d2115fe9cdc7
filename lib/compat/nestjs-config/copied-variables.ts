import type { PredefinedEnv, Variables } from './combine-variables.js';

/** A variable of the process that was a copy of a line of an env file when the app started. */
interface Copy {
  /** The value that the process had. */
  readonly value: string;
  /** The value that the line had. */
  readonly line: string;
  /**
   * `true` if the line counts even as it was at boot: the process had the expanded value, which depends on other lines, or
   * another app has replaced the value.
   */
  readonly isFollowed: boolean;
}

/** The facts that decide at boot if a variable of the process is a copy of a line. */
export interface CopyCheck {
  /** Variables that belong to the env files of an earlier `forRoot()`. */
  readonly taken: ReadonlySet<string>;
  /** Checks whether the value in `process.env` was assigned by another app of this process, from its file. */
  readonly isAssigned: (name: string) => boolean;
  /** `true` if a validation may have converted the value: a parent process then has `80` for the line `080`. */
  readonly mayBeConverted: boolean;
  /** Expands these lines as if the process did not have them; undefined without `expandVariables`. */
  readonly expand: ((lines: Readonly<Record<string, string>>) => Variables) | undefined;
}

/**
 * Variables that the process was started with, and that had the value of the env file at boot: `node --env-file`,
 * `import 'dotenv/config'`, the `env_file` of a container, and a parent process that forked this one have copied the file.
 * They come from the file, so edits of the file apply, as they would after a restart.
 */
export class CopiedVariables {
  #copies: ReadonlyMap<string, Copy> = new Map();

  /** Decides at boot. Variables of the process with another value than the file stay as they are. */
  decide(files: readonly Variables[], predefined: PredefinedEnv, check: CopyCheck): void {
    const copies = new Map<string, Copy>();
    const different: Record<string, string> = {};
    for (const [name, line] of linesIn(files)) {
      const value = predefined[name];
      if (value === undefined || check.taken.has(name)) continue;
      const known = this.#copies.get(name); // from the read before the app existed
      const isEqual = value === line || (check.mayBeConverted && value === converted(line));
      const isFollowed = check.isAssigned(name) || (known?.isFollowed === true && known.value === value);
      if (isEqual || isFollowed) copies.set(name, { value, line, isFollowed: !isEqual });
      else if (line.includes('$')) different[name] = line;
    }
    if (check.expand !== undefined && Object.keys(different).length > 0) {
      const expanded = check.expand(different);
      for (const [name, line] of Object.entries(different)) {
        const value = predefined[name];
        if (value !== undefined && expanded[name] === value)
          copies.set(name, { value, line, isFollowed: true });
      }
    }
    this.#copies = copies;
  }

  /** Checks whether a variable was a copy at boot, and no other code has changed it since. */
  has(name: string, predefined: PredefinedEnv): boolean {
    const copy = this.#copies.get(name);
    return copy !== undefined && copy.value === predefined[name];
  }

  /**
   * Returns the present lines of copies that count instead of the value of the process. A variable that was changed since
   * by other code is no copy any more, and the line of the boot is what the process has.
   */
  linesOf(
    files: readonly Variables[],
    predefined: PredefinedEnv,
    taken: ReadonlySet<string>,
  ): Readonly<Record<string, string>> {
    const lines: Record<string, string> = {};
    if (this.#copies.size === 0) return lines;
    for (const [name, line] of linesIn(files)) {
      const copy = this.#copies.get(name);
      if (copy === undefined || !this.has(name, predefined) || taken.has(name)) continue;
      if (copy.isFollowed || copy.line !== line) lines[name] = line;
    }
    return lines;
  }
}

/** Returns the line of each variable that counts: that of the first file that has it. */
export function linesIn(files: readonly Variables[]): Map<string, string> {
  const lines = new Map<string, string>();
  const seen = new Set<string>();
  for (const file of files) {
    for (const [name, value] of Object.entries(file)) {
      if (!seen.has(name) && typeof value === 'string') lines.set(name, value);
      seen.add(name);
    }
  }
  return lines;
}

/** Returns the string that a schema makes of a number or a boolean. */
function converted(line: string): string {
  const number = line.trim() === '' ? Number.NaN : Number(line);
  return Number.isFinite(number) ? `${number}` : line.trim().toLowerCase();
}
