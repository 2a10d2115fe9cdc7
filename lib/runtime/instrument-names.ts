import type { ObservableInstrument } from './instrument.interface.js';

/** The words with which names of built-in metrics begin. */
const BUILT_IN_WORDS = [
  'breaker',
  'degraded',
  'drifted',
  'handler',
  'info',
  'last',
  'missed',
  'oldest',
  'on',
  'overrides',
  'pending',
  'pins',
  'polling',
  'refreshables',
  'reload',
  'reloads',
  'source',
  'sources',
  'version',
  'watched',
  'watching',
] as const;

type BuiltInWord = (typeof BUILT_IN_WORDS)[number];

/**
 * The name of a built-in metric, without prefix, unit and `_total`, which Prometheus and OpenTelemetry write differently;
 * for example `reload.duration`. The type keeps the words above complete.
 */
export type BuiltInInstrumentName = BuiltInWord | `${BuiltInWord}${'.' | '_'}${string}`;

/**
 * The name of a part, one dot, and the name in the part. Prometheus has underscores instead of dots: as the first word
 * ends at the dot, and is no word of a built-in name, two names differ there as well.
 */
const NAME = /^([a-z][a-z0-9]*)\.[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const LABEL = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
/** With 20 values each, an instrument has about 400 series at most. */
const MAX_LABELS = 2;

/** Returns why a part cannot add this instrument, and undefined if it can. */
export function findInstrumentMistake(
  name: string,
  { labels = [] }: ObservableInstrument,
): string | undefined {
  const part = NAME.exec(name)?.[1];
  if (part === undefined)
    return "its name must be the part and a name in lower case, with one dot between them, like 'fleet.members_ready'";
  if ((BUILT_IN_WORDS as readonly string[]).includes(part))
    return `names that begin with '${part}' belong to built-in metrics`;
  if (/_(?:seconds|total)$/.test(name))
    return 'exporters append _seconds and _total: set the unit and the kind instead';
  if (labels.length > MAX_LABELS) return `it has more than ${MAX_LABELS} labels`;
  const wrong = labels.find((label, index) => !LABEL.test(label) || labels.indexOf(label) !== index);
  return wrong === undefined ? undefined : `'${wrong}' cannot be a label, or is repeated`;
}
