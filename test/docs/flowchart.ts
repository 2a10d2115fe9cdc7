import { existsSync } from 'node:fs';

/** The lines that the flowcharts of these pages consist of; a small part of what Mermaid accepts. */
const DIRECTION = /^flowchart (?:TB|TD|BT|LR|RL)$/;
const BOX = /^(?:subgraph )?(\w+)\["[^"]+"\]$/;
const ARROW = /^(\w+) (?:-->|-- "[^"]+" -->|-\.->|-\. "[^"]+" \.->) (\w+)$/;
const IGNORED = /^(?:end|%%.*|)$/;
const PATH = /\b(?:lib|test)\/[\w./-]*\w/g;

/** Returns the paths of this repository that a flowchart names. */
export function pathsIn(flowchart: string): string[] {
  return flowchart.match(PATH) ?? [];
}

/** Returns what is wrong with a flowchart: a line of no known form, an arrow without a box, a path that does not exist. */
export function complaintsAboutFlowchart(flowchart: string): string[] {
  const [first = '', ...lines] = flowchart.split('\n').map((line) => line.trim());
  const boxes = new Set(lines.flatMap((line) => BOX.exec(line)?.[1] ?? []));
  const subgraphs = lines.filter((line) => line.startsWith('subgraph ')).length;
  const ends = lines.filter((line) => line === 'end').length;
  return [
    ...(DIRECTION.test(first) ? [] : [`"${first}" is not the first line of a flowchart`]),
    ...(subgraphs === ends ? [] : [`${subgraphs} subgraphs have ${ends} ends`]),
    ...lines
      .filter((line) => ![BOX, ARROW, IGNORED].some((form) => form.test(line)))
      .map((line) => `"${line}" is neither a box nor an arrow`),
    ...lines
      .flatMap((line) => ARROW.exec(line)?.slice(1) ?? [])
      .filter((end) => !boxes.has(end))
      .map((end) => `no box is named ${end}`),
    ...pathsIn(flowchart)
      .filter((path) => !existsSync(path))
      .map((path) => `${path} does not exist`),
  ];
}
