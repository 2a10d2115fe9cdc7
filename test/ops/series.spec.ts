import { readFileSync } from 'node:fs';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { settled } from 'nestjs-hot-config/testing';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { declaredIn } from '../metrics/scrape.js';
import { isMissing } from '../support/programs.js';
import { promtool } from '../support/promtool.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

const dashboard = JSON.parse(readFileSync('ops/grafana-dashboard.json', 'utf8')) as Dashboard;
const rules = (parse(readFileSync('ops/prometheus-rules.yaml', 'utf8')) as Rules).groups.flatMap(
  (group) => group.rules,
);
const queries = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
];
const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);

/** The metrics in a query, without the suffixes of histograms. */
function seriesOf(query: string): string[] {
  return (query.match(/\bhot_config_\w+/g) ?? []).map((name) =>
    name.replace(/_seconds_(bucket|sum|count)$/, '_seconds'),
  );
}

/** The metrics of an app after a reload. */
async function existingMetrics(): Promise<string[]> {
  const registry = new Registry();
  const { app, change } = await startApp(
    { n: 1 },
    { imports: [HotConfigMetricsModule.forRoot({ registry })] },
  );
  await change({ n: 2 });
  await settled(app);
  return declaredIn(await registry.metrics());
}

describe('Dashboard and rules', () => {
  it('query only series that exist', async () => {
    const exist = await existingMetrics();
    const queried = [...queries, ...variables, ...rules.map(({ expr }) => expr)].flatMap(seriesOf);
    expect(queried.length).toBeGreaterThan(30);
    expect(queried.filter((name) => !exist.includes(name))).toEqual([]);
  });

  it('use every metric', async () => {
    const exist = await existingMetrics();
    const shown = new Set(queries.flatMap(seriesOf));
    expect(exist.filter((name) => !shown.has(name))).toEqual([]);
  });

  it.skipIf(isMissing('promtool'))('use valid PromQL', () => {
    const folder = new TempFolder();
    // As Grafana replaces it before the query.
    const expressions = queries.map((query) => query.replaceAll('$__rate_interval', '1m'));
    const recordings = expressions.map((expr, index) => ({ record: `dashboard:query_${index}`, expr }));
    const file = folder.write(
      'queries.yaml',
      JSON.stringify({ groups: [{ name: 'queries', rules: recordings }] }),
    );
    expect(promtool(['check', 'rules', file])).toEqual({
      ok: true,
      output: expect.stringContaining(`${queries.length} rules found`),
    });
  });

  it('have panels that neither overlap nor share an id', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}:${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});
