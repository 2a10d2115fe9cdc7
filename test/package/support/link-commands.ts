import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from './manifest.js';

/** Links to the commands of a package in a folder node_modules as npm does: each link leads to an executable file. */
export async function linkCommands(modules: string, { name, bin }: Manifest): Promise<void> {
  const links = join(modules, '.bin');
  await mkdir(links, { recursive: true });
  for (const [command, file] of Object.entries(bin)) {
    const target = join(modules, name, file);
    await chmod(target, 0o755);
    await symlink(target, join(links, command));
  }
}
