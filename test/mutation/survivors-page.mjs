import { REASONS } from './reasons.mjs';

/** Makes survivors.md of the JSON reports of Stryker, one for each area. */
export function survivorsPage(reports) {
  const files = reports.flatMap(({ files: all }) => Object.entries(all));
  const survivors = files.flatMap(([file, { source, mutants }]) =>
    mutants.filter(isAlive).map((mutant) => describeSurvivor(file, source.split('\n'), mutant)),
  );
  const sections = new Map();
  for (const survivor of survivors)
    sections.set(survivor.reason, [...(sections.get(survivor.reason) ?? []), survivor]);
  return [
    '# Mutants that no spec notices',
    '',
    'Made by `npm run test:mutants`: do not edit. The reasons are in `reasons.mjs`.',
    '',
    ...countsOf(reports),
    '',
    ...[...sections].flatMap(([reason, lines]) => [`## ${reason}`, '', ...lines.map(({ text }) => text), '']),
  ].join('\n');
}

function countsOf(reports) {
  const rows = reports.map((report) => {
    const mutants = Object.values(report.files).flatMap((file) => file.mutants);
    const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
    const [killed, alive] = [count('Killed', 'Timeout'), count('Survived', 'NoCoverage')];
    const share = ((100 * killed) / (killed + alive)).toFixed(1);
    return `| ${areaOf(report)} | ${killed + alive} | ${killed} | ${count('Timeout')} | ${alive} | ${share} % |`;
  });
  return [
    '| area | mutants | killed | of these by a timeout | not killed | killed |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
}

function areaOf({ files }) {
  return Object.keys(files)[0].split('/').slice(0, 2).join('/');
}

function describeSurvivor(file, lines, { location: { start, end }, mutatorName, replacement, status }) {
  const line = lines[start.line - 1].trim();
  const original = lines
    .slice(start.line - 1, end.line)
    .map((text, index) =>
      text.slice(
        index === 0 ? start.column - 1 : 0,
        start.line + index === end.line ? end.column - 1 : undefined,
      ),
    )
    .join(' ');
  const change = `${short(original)} → ${short(replacement)}`;
  return {
    reason: reasonFor(file, line),
    text: `- \`${file}:${start.line}\` ${mutatorName}${status === 'NoCoverage' ? ', no spec runs it' : ''}: \`${change}\``,
  };
}

function reasonFor(file, line) {
  const found = REASONS.find(({ places }) =>
    places.some(([name, code]) => file.endsWith(name) && line.includes(code)),
  );
  return found?.reason ?? 'Not judged yet';
}

function isAlive({ status }) {
  return status === 'Survived' || status === 'NoCoverage';
}

function short(code) {
  const line = code.replaceAll(/\s+/g, ' ').replaceAll('`', "'");
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
