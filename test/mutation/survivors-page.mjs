import { readFileSync } from 'node:fs';
import { REASONS } from './reasons.mjs';

const NOT_JUDGED = 'Not judged yet';

/** Makes survivors.md of the JSON reports of Stryker, one for each area. */
export function survivorsPage(reports) {
  checkPlaces();
  const files = reports.flatMap(({ files: all }) => Object.entries(all));
  const survivors = files.flatMap(([file, { source, mutants }]) =>
    mutants.filter(isAlive).map((mutant) => describeSurvivor(file, source.split('\n'), mutant)),
  );
  const titles = [NOT_JUDGED, ...REASONS.map(({ reason }) => reason)];
  const sections = titles.map((title) => [title, survivors.filter(({ reason }) => reason === title)]);
  return [
    '# Mutants that no spec notices',
    '',
    'Made by `npm run test:mutants`: do not edit. The reasons are in `reasons.mjs`.',
    '',
    ...countsOf(reports),
    '',
    ...sections.flatMap(([reason, lines]) => [`## ${reason}`, '', ...lines.map(({ text }) => text), '']),
  ].join('\n');
}

/** Fails if a place of the reasons is not exactly one line: its code has changed since, or it means another line too. */
export function checkPlaces() {
  const wrong = REASONS.flatMap(({ places }) => places).filter(([file, code]) => {
    const lines = readFileSync(`lib/${file}`, 'utf8').split('\n');
    return lines.filter((line) => line.includes(code)).length !== 1;
  });
  if (wrong.length === 0) return;
  const list = wrong.map(([file, code]) => `  ${file}: ${code}`).join('\n');
  throw new Error(`Places in test/mutation/reasons.mjs that are not exactly one line of the file:\n${list}`);
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
    reason: reasonFor(file, line, replacement),
    text: `- \`${file}:${start.line}\` ${mutatorName}${status === 'NoCoverage' ? ', no spec runs it' : ''}: \`${change}\``,
  };
}

function reasonFor(file, line, replacement) {
  const applies = ([name, code, ...changes]) =>
    file === `lib/${name}` && line.includes(code) && (changes.length === 0 || changes.includes(replacement));
  return REASONS.find(({ places }) => places.some(applies))?.reason ?? NOT_JUDGED;
}

function isAlive({ status }) {
  return status === 'Survived' || status === 'NoCoverage';
}

function short(code) {
  const line = code.replaceAll(/\s+/g, ' ').replaceAll('`', "'");
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
