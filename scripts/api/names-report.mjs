// The names that are public but no types: programs, scripts and alerts of users contain them. They are read from the built
// code, those of the metrics and the problems from an app that exports them.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { CLI_ERROR_CODES } from '../../build/cli/errors/cli-error-codes.js';
import { ExitCode } from '../../build/cli/errors/exit-code.js';
import { createProgram } from '../../build/cli/program.js';
import * as protocol from '../../build/control/protocol.js';
import { FormatRegistry } from '../../build/formats/format-registry.js';
import { encodeVersionFile } from '../../build/history/persistence/version-file.js';
import { HotConfigModule } from '../../build/index.js';
import { HotConfigMetricsModule } from '../../build/metrics/index.js';
import { EVENT_NAMES } from '../../build/module/handlers/event-names.js';
import { ENVIRONMENT_VARIABLES } from '../../build/options/environment-variables.js';

/** Returns the names of the library, in sections. */
export async function namesReport() {
  const { metrics, problems } = await readMetrics();
  const sections = {
    'Codes of errors of the control channel': protocol.CONTROL_ERROR_CODES,
    'Codes of errors of the command, with --json': CLI_ERROR_CODES,
    'Exit codes of the command': Object.entries(ExitCode).map(([name, code]) => `${code} ${name}`),
    'Commands, with arguments and options': commandLines(createProgram(process, false)),
    'Environment variables': Object.values(ENVIRONMENT_VARIABLES).map(String).toSorted(),
    'Methods of the control channel that change nothing': protocol.READING_METHODS,
    'Methods of the control channel that change something': protocol.CHANGING_METHODS,
    'Metrics, with the default prefix': metrics,
    'Problems: kinds in the status and the health check, reasons in the metrics': problems,
    'Events of EventEmitter2': Object.values(EVENT_NAMES),
    'File formats, with their extensions': formatLines(new FormatRegistry()),
    'Numbers of formats': [
      `control channel: ${protocol.PROTOCOL_VERSION}`,
      `files in history.dir: ${await versionFormat()}`,
    ],
  };
  return Object.entries(sections)
    .map(([title, lines]) => [`# ${title}`, '', ...lines, ''].join('\n'))
    .join('\n');
}

function formatLines(formats) {
  return formats.knownExtensions
    .split(', ')
    .map((extension) => `${extension} ${formats.byFile(`a${extension}`).name}`);
}

/** Returns the number in the first line of each file. */
async function versionFormat() {
  const [firstLine] = await encodeVersionFile('', '', [], undefined);
  return /version (\d+)/.exec(firstLine.toString())[1];
}

/** Lists a command and those below it; a hidden one too, because shells call it. */
function commandLines(command, above = '') {
  const name = `${above}${command.name()}`;
  const parameters = command.registeredArguments.map((argument) => {
    const each = argument.variadic ? `${argument.name()}...` : argument.name();
    return `${argument.required ? `<${each}>` : `[${each}]`}${valuesOf(argument)}`;
  });
  const options = command.options.map((option) => `  ${option.flags}${valuesOf(option)}`);
  return [
    [name, ...parameters].join(' '),
    ...options.toSorted(),
    ...command.commands.flatMap((below) => commandLines(below, `${name} `)),
  ];
}

/** Describes the values that an argument or an option can have, and its default. */
function valuesOf({ argChoices, defaultValue, defaultValueDescription = JSON.stringify(defaultValue) }) {
  const choices = argChoices === undefined ? '' : ` one of ${argChoices.join(', ')}`;
  return defaultValue === undefined ? choices : `${choices} default ${defaultValueDescription}`;
}

/** Returns the metrics of a running app, and the kinds of problems, which are the label values of one of them. */
async function readMetrics() {
  const registry = new Registry();
  class App {}
  Module({
    imports: [HotConfigModule.forRoot({ control: false }), HotConfigMetricsModule.forRoot({ registry })],
  })(App);
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  try {
    const lines = registry.getMetricsAsArray().map(metricLine).toSorted();
    const { values } = await registry.getSingleMetric('hot_config_degraded').get();
    return { metrics: lines, problems: values.map(({ labels }) => labels.reason) };
  } finally {
    await app.close();
  }
}

function metricLine({ name, type, labelNames }) {
  return `${name}${labelNames.length === 0 ? '' : `{${labelNames.join()}}`} ${type}`;
}
