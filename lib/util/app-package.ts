import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { currentDirectory, packageAbove } from './package-manifest.js';

/** A package, or an app of a Nest monorepo, whose apps share one package. */
export interface AppPackage {
  readonly name: string;
  readonly folder: string;
}

/** The package to which a file or a folder belongs; undefined if there is none. */
export function packageOf(path: string): AppPackage | undefined {
  const own = packageAbove(path);
  return (
    own && (monorepoApp(own.folder, relative(own.folder, path)) ?? { name: own.name, folder: own.folder })
  );
}

/**
 * The package of this process: that of its main file; if the main file is an installed tool, such as a test runner, that of
 * the working directory.
 */
export function packageOfProcess(cwd = currentDirectory(), script = process.argv[1]): AppPackage | undefined {
  const around = cwd === '' ? undefined : packageOf(cwd);
  if (script === undefined) return around;
  const main = mainFile(script);
  if (around !== undefined && main.includes(`${sep}node_modules${sep}`)) return around;
  return packageOf(main) ?? around;
}

/** Follows links: a command in a `bin` folder is a link to the file in its package. */
function mainFile(script: string): string {
  try {
    // Node adds the extension: `node dist/main`.
    return realpathSync(existsSync(script) ? script : `${script}.js`);
  } catch {
    return script;
  }
}

/** An app of a monorepo, by its folder as `nest-cli.json` has it, or else as it is by default: `apps/gateway`. */
function monorepoApp(folder: string, inside: string): AppPackage | undefined {
  const within = `/${inside.split(sep).join('/')}/`;
  const [name, root] =
    Object.entries(projectsIn(folder)).find(([, each]) => within.includes(`/${each}/`)) ?? appsFolder(within);
  if (name === undefined || root === undefined) return undefined;
  const own = join(folder, root);
  return { name, folder: isFolder(own) ? own : folder };
}

/** Finds `gateway` and `apps/gateway` in `/dist/apps/gateway/main.js/`: an image may have no `nest-cli.json`. */
function appsFolder(within: string): readonly [name?: string, root?: string] {
  const [, root, name] = /^\/(?:[^/]+\/)?(apps\/([^/]+))\//.exec(within) ?? [];
  return [name, root];
}

/** The roots of the apps by their names, without those of a project that is the package itself. */
function projectsIn(folder: string): Record<string, string> {
  try {
    const { projects } = Object(JSON.parse(readFileSync(join(folder, 'nest-cli.json'), 'utf8'))) as {
      readonly projects?: Readonly<Record<string, unknown>>;
    };
    const roots = Object.entries(Object(projects) as Record<string, unknown>).map(([name, project]) => {
      const { root } = Object(project) as { readonly root?: unknown };
      return [name, typeof root === 'string' ? root.replaceAll(/^[./]+|\/+$/g, '') : ''] as const;
    });
    return Object.fromEntries(roots.filter(([, root]) => root !== ''));
  } catch {
    return {};
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
