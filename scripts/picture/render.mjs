// Draws the scenes of record.mjs as an SVG: without scripts and fonts of its own, so that GitHub shows it in an <img>. Where
// animations do not run, everything is visible: the still is the end of the animation.

const WIDTH = 860;
const MARGIN = 14;
const FILE = { x: MARGIN, width: 236 };
const LOG = { x: FILE.x + FILE.width + 10, width: WIDTH - 2 * MARGIN - FILE.width - 10 };
const TITLE_HEIGHT = 34;
const LINE_HEIGHT = 18;
const CHARACTER_WIDTH = 7.2;
const PADDING = 10;
/** The file has one line more than the log at most: its name. */
const LINES = 5;
const BOX_HEIGHT = LINES * LINE_HEIGHT + 2 * PADDING;
const SCENE_HEIGHT = TITLE_HEIGHT + BOX_HEIGHT;

/** Seconds: when each scene begins, how long its steps take, and when all starts again. */
const STARTS = [1, 5, 10];
const STEP = 0.9;
const DURATION = 20;
/** Seconds from the end with which the picture begins: its first frame, which a preview shows, is the whole. */
const REST = 4;

const STYLE = `
:root { --page: #ffffff; --box: #f6f8fa; --line: #d0d7de; --text: #1f2328; --dim: #656d76; --good: #1a7f37; --bad: #cf222e; --key: #0550ae; --context: #9a6700; --new: #dafbe1; --wrong: #ffebe9; --pin: #0969da; }
@media (prefers-color-scheme: dark) { :root { --page: #0d1117; --box: #161b22; --line: #30363d; --text: #e6edf3; --dim: #8b949e; --good: #3fb950; --bad: #ff7b72; --key: #79c0ff; --context: #d29922; --new: #12331f; --wrong: #3c1618; --pin: #58a6ff; } }
text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: var(--text); white-space: pre; }
.title { font: 600 14px -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; }
.page { fill: var(--page); } .box { fill: var(--box); stroke: var(--line); }
.dim { fill: var(--dim); } .good { fill: var(--good); } .bad { fill: var(--bad); } .key { fill: var(--key); } .context { fill: var(--context); } .pin { fill: var(--pin); }
.new { fill: var(--new); } .wrong { fill: var(--wrong); }
.under { stroke: var(--bad); stroke-width: 1.5; fill: none; }
.gone { opacity: 0; }
.bar { transform-box: fill-box; transform-origin: top; }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }`;

/** Returns the picture of scenes. */
export function render(scenes) {
  const height = scenes.length * SCENE_HEIGHT + MARGIN;
  const animations = new Animations();
  const drawn = scenes.map((scene, index) => {
    const body = drawScene(scene, { start: STARTS[index], animations, number: index + 1 });
    return `<g transform="translate(0 ${index * SCENE_HEIGHT})">\n${body}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">
<!-- Made by \`npm run docs:picture\` of what the quick start of README.md prints. -->
<title id="title">${escape(scenes.map(({ title }) => title).join('. '))}.</title>
<style>${STYLE}
${animations.css()}
</style>
<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>
${drawn.join('\n')}
</svg>
`;
}

function drawScene({ title, file, before, after, lines, request }, { start, animations, number }) {
  const saved = request === undefined ? start : start + 2 * STEP;
  const logged = saved + STEP;
  const records = recordsOf(lines);
  const shown = records.flatMap((record, index) =>
    record.map((text) => ({ text, at: logged + index * STEP * 0.6 })),
  );
  const rows =
    request === undefined
      ? shown
      : [
          ...request.begun.map((text) => ({ text, at: start })),
          ...shown,
          { text: request.answer, at: logged + 3 * STEP, isAnswer: true },
        ];
  if (rows.length > LINES) throw new Error(`"${title}" has more than ${LINES} lines`);
  return [
    `<text class="title" x="${MARGIN}" y="${TITLE_HEIGHT - 10}">${number}. ${escape(title)}</text>`,
    `<g transform="translate(0 ${TITLE_HEIGHT})">`,
    drawFile({ file, before, after, problems: problemsIn(lines), saved, logged, animations }),
    drawLog(rows, { pinnedFrom: request && start, animations }),
    `</g>`,
  ].join('\n');
}

/** The file, as it was before it is saved, and after. */
function drawFile({ file, before, after, problems, saved, logged, animations }) {
  const right = FILE.x + FILE.width - PADDING;
  const parts = [
    box(FILE),
    `<text class="dim" x="${FILE.x + PADDING}" y="${baseline(0)}">${escape(file)}</text>`,
    `<text class="dim ${animations.appear(saved)}" x="${right}" y="${baseline(0)}" text-anchor="end">saved</text>`,
  ];
  for (const [index, text] of after.entries()) {
    const y = baseline(index + 1);
    const problem = problems.find(({ line }) => line === index + 1);
    const x = FILE.x + PADDING + 3 * CHARACTER_WIDTH;
    parts.push(`<text class="dim" x="${FILE.x + PADDING}" y="${y}">${index + 1}</text>`);
    if (text === before[index]) {
      parts.push(textAt(x, y, text, yaml(text)));
      continue;
    }
    const appear = animations.appear(saved);
    const mark = problem === undefined ? 'new' : 'wrong';
    parts.push(
      textAt(x, y, before[index], yaml(before[index]), `gone ${animations.disappear(saved)}`),
      `<rect class="${mark} ${appear}" x="${x - 4}" y="${y - 13}" width="${right - x + 4}" height="${LINE_HEIGHT - 1}" rx="3"/>`,
      textAt(x, y, text, yaml(text), appear),
    );
    if (problem !== undefined) {
      const from = x + (problem.column - 1) * CHARACTER_WIDTH;
      const [token] = /^\w+/.exec(text.slice(problem.column - 1)) ?? [' '];
      parts.push(
        `<path class="under ${animations.appear(logged)}" d="M${from} ${y + 3}h${round(token.length * CHARACTER_WIDTH)}"/>`,
      );
    }
  }
  return parts.join('\n');
}

/** What is printed. The bar is the time of the request. */
function drawLog(rows, { pinnedFrom, animations }) {
  const x = LOG.x + PADDING + 3;
  const parts = [box(LOG)];
  if (pinnedFrom !== undefined) {
    const end = rows.at(-1).at;
    parts.push(
      `<rect class="pin bar ${animations.grow(pinnedFrom, end)}" x="${LOG.x + 4}" y="${PADDING}" width="3" height="${rows.length * LINE_HEIGHT}" rx="1.5"/>`,
    );
  }
  for (const [index, { text, at, isAnswer }] of rows.entries()) {
    const markup = isAnswer ? `<tspan class="pin">${escape(text)}</tspan>` : logLine(text);
    parts.push(textAt(x, baseline(index), text, markup, animations.appear(at)));
  }
  return parts.join('\n');
}

function box({ x, width }) {
  return `<rect class="box" x="${x}.5" y=".5" width="${width - 1}" height="${BOX_HEIGHT - 1}" rx="6"/>`;
}

function baseline(line) {
  return PADDING + line * LINE_HEIGHT + 13;
}

/** A text of the width that it has in the font of the author: columns stay where they are in any other. */
function textAt(x, y, text, markup, classes = '') {
  const indent = text.length - text.trimStart().length;
  const from = round(x + indent * CHARACTER_WIDTH);
  const length = round((text.length - indent) * CHARACTER_WIDTH);
  const attribute = classes === '' ? '' : ` class="${classes}"`;
  return `<text${attribute} x="${from}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${markup}</text>`;
}

function yaml(text) {
  const [, key = '', rest = ''] = /^\s*(\w+:)(.*)$/.exec(text) ?? [];
  return `<tspan class="key">${escape(key)}</tspan>${escape(rest)}`;
}

/** Colours as Nest and terminals give them: of the level, the context, and the place of an error. */
function logLine(text) {
  const [, level, context, message] = /^([A-Z]+) (\[\w+\]) (.*)$/.exec(text) ?? [];
  if (level !== undefined) {
    const kind = level === 'ERROR' ? 'bad' : 'good';
    return `<tspan class="${kind}">${level}</tspan> <tspan class="context">${escape(context)}</tspan> <tspan${kind === 'bad' ? ' class="bad"' : ''}>${escape(message)}</tspan>`;
  }
  const [, place, issue] = /^\s+(\S+:\d+:\d+ +)(.*)$/.exec(text) ?? [];
  if (place !== undefined) return `<tspan class="bad">${escape(place)}</tspan>${escape(issue)}`;
  return `<tspan class="dim">${escape(text.trimStart())}</tspan>`;
}

/** Lines that were logged together: a record begins at the left. */
function recordsOf(lines) {
  const records = [];
  for (const line of lines) {
    if (line.startsWith(' ')) records.at(-1).push(line);
    else records.push([line]);
  }
  return records;
}

/** The places that an error names. */
function problemsIn(lines) {
  return lines.flatMap((text) => {
    const [, line, column] = /^\s+\S+:(\d+):(\d+) /.exec(text) ?? [];
    return line === undefined ? [] : [{ line: Number(line), column: Number(column) }];
  });
}

/** The animations of a picture, as classes. All of them start again after DURATION. */
class Animations {
  #rules = new Map();

  appear(at) {
    return this.#add(
      `a${round(at * 10)}`,
      `0%, ${percent(at)} { opacity: 0; } ${percent(at + 0.15)}, 100% { opacity: 1; }`,
    );
  }

  disappear(at) {
    return this.#add(
      `d${round(at * 10)}`,
      `0%, ${percent(at)} { opacity: 1; } ${percent(at + 0.15)}, 100% { opacity: 0; }`,
    );
  }

  grow(from, to) {
    return this.#add(
      `g${round(from * 10)}`,
      `0%, ${percent(from)} { transform: scaleY(0); } ${percent(to)}, 100% { transform: scaleY(1); }`,
    );
  }

  css() {
    const rules = [...this.#rules].sort(([a], [b]) => (a < b ? -1 : 1));
    return rules
      .map(
        ([name, frames]) =>
          `.${name} { animation: ${name} ${DURATION}s linear -${DURATION - REST}s infinite; } @keyframes ${name} { ${frames} }`,
      )
      .join('\n');
  }

  #add(name, frames) {
    const id = name.replace('.', '_');
    this.#rules.set(id, frames);
    return id;
  }
}

function percent(seconds) {
  return `${round((seconds / DURATION) * 100)}%`;
}

function round(number) {
  return Math.round(number * 10) / 10;
}

function escape(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
