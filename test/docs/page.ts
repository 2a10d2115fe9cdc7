import { basename } from 'node:path';
import type { Fence } from './fences.js';
import { toModule } from './fragments.js';
import type { Plan, Step } from './run-page.js';

/** A page of the documentation, as the app that its code blocks make. */
export interface Page {
  /** The name of its folder. */
  readonly name: string;
  /** The files of the app, by their paths within that folder. */
  readonly files: ReadonlyMap<string, string>;
  readonly plan: Plan;
}

/**
 * The app of a page. Blocks that name a file are that file; the others are fragments, which become modules of their own
 * and run in the order of the page. `base` holds the files that the page builds on.
 */
export function pageOf(
  markdownFile: string,
  fences: readonly Fence[],
  base: ReadonlyMap<string, string>,
): Page {
  const files = new Map([...base, ...filesOf(fences)]);
  const components: string[] = [];
  const steps: Step[] = [];
  for (const [index, fence] of fences.entries()) {
    if (fence.isEdit) steps.push({ kind: 'edit', place: fence.place, file: fence.file!, text: fence.text });
    else if (fence.language === 'text')
      steps.push({ kind: 'logged', place: fence.place, text: fence.text.trimEnd() });
    else if (fence.language === 'console')
      steps.push({ kind: 'console', place: fence.place, text: fence.text });
    else if (fence.language === 'ts' && fence.file === undefined) {
      const { kind, source } = toModule(fence.text, files);
      const file = `src/fragment-${index}.ts`;
      files.set(file, `// ${fence.place}\n${source}`);
      if (kind === 'component') components.push(file);
      else steps.push({ kind, place: fence.place, file });
    }
  }
  for (const { file, place } of fences) {
    if (file === 'src/main.ts') steps.push({ kind: 'main', place, file });
    if (file?.endsWith('.spec.ts')) steps.push({ kind: 'spec', place, file });
  }
  files.set('src/docs-context.ts', CONTEXT);
  return { name: basename(markdownFile, '.md'), files, plan: { components, steps } };
}

/** The files that a page defines itself, for pages that build on it. */
export function filesOf(fences: readonly Fence[]): Map<string, string> {
  return new Map(
    fences.flatMap(({ file, isEdit, text }) =>
      file !== undefined && !isEdit ? [[file, text] as const] : [],
    ),
  );
}

/** What fragments may name without saying where it comes from. */
const CONTEXT = `
import type { INestApplication } from '@nestjs/common';
import type { HotConfigManager, HotConfigService } from 'nestjs-hot-config';
import type { AppConfig } from './app.config.js';

interface Context {
  readonly app: INestApplication;
  readonly config: HotConfigService<AppConfig>;
  readonly manager: HotConfigManager;
  readonly equal: (actual: unknown, expected: unknown) => void;
}

export const { app, config, manager, equal } = (globalThis as unknown as { docs: Context }).docs;
`;
