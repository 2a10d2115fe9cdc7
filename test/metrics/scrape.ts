import { Registry } from 'prom-client';

/** The series of a registry: `name{label="value"}`, labels in alphabetical order, and its value. */
export async function scrape(registry: Registry): Promise<Map<string, number>> {
  return seriesIn(await registry.metrics());
}

/** The series of a text in Prometheus' format. */
export function seriesIn(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [nameIn(line), Number(line.slice(line.lastIndexOf(' ')))]));
}

/** The names of the metrics that a text declares. */
export function declaredIn(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
}

function nameIn(line: string): string {
  const [, name = '', labels = ''] = /^([^{ ]+)(?:\{(.*)\})? /.exec(line) ?? [];
  const sorted = [...labels.matchAll(/\w+="(?:[^"\\]|\\.)*"/g)].map(([label]) => label).toSorted();
  return sorted.length > 0 ? `${name}{${sorted.join(',')}}` : name;
}
