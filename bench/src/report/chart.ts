import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { LegacyGridContainLabel } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import type { Machine } from '../harness/machine.js';
import type { BenchResult, Row } from '../harness/result.interface.js';

use([BarChart, GridComponent, LegendComponent, TitleComponent, LegacyGridContainLabel, SVGRenderer]);

interface Picture {
  /** Rows with other units are omitted. */
  readonly unit: string;
  /** The contestants to show. Default: all. */
  readonly contestants?: readonly string[];
}

const PICTURES: Readonly<Record<string, Picture>> = {
  read: { unit: 'ns' },
  request: { unit: 'µs' },
  latency: { unit: 'ms' },
  reload: { unit: 'ms', contestants: ['parse alone', 'collect', 'all but collect'] },
  dispatch: { unit: 'µs' },
};
const WIDTH = 860;
const BAR = 15;

/** Draws the medians of a result as bars on a logarithmic scale, as SVG; undefined for a result without a chart. */
export function chartOf({ name, title, rows }: BenchResult, { node }: Machine): string | undefined {
  const picture = PICTURES[name];
  if (picture === undefined) return undefined;
  const { unit } = picture;
  const isShown = ({ contestant }: Row) => picture.contestants?.includes(contestant) ?? true;
  const shown = rows.filter((row) => row.unit === unit && Number.isFinite(row.median) && isShown(row));
  const least = 10 ** Math.floor(Math.log10(Math.min(...shown.map(({ median }) => median))));
  const groups = [...new Set(shown.map(({ group }) => group))];
  const contestants = [...new Set(shown.map(({ contestant }) => contestant))];
  const height = 130 + groups.length * (contestants.length * BAR + 18);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: { text: `${title}: median in ${unit}, Node ${node}`, left: 'center', textStyle: { fontSize: 14 } },
    legend: { top: 30, itemGap: 22, itemHeight: 10, textStyle: { fontSize: 11 } },
    grid: { left: 50, right: 60, top: 80, bottom: 10, containLabel: true },
    xAxis: {
      type: 'log',
      min: least,
      startValue: least,
      axisLabel: { formatter: (value: number) => String(value) },
    },
    yAxis: { type: 'category', data: groups, inverse: true },
    series: contestants.map((contestant) => ({
      type: 'bar',
      name: contestant,
      barGap: '10%',
      label: {
        show: true,
        position: 'right',
        fontSize: 10,
        formatter: ({ value }: { value: number }) => rounded(value),
      },
      data: groups.map((group) => medianOf(shown, group, contestant)),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function medianOf(rows: readonly Row[], group: string, contestant: string): number | undefined {
  return rows.find((row) => row.group === group && row.contestant === contestant)?.median;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
