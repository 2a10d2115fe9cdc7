import { checkChoice, checkList } from './errors/check-option.js';
import { ConfigOptionsError } from './errors/config.errors.js';
import type { HotConfigModuleOptions } from './interfaces/hot-config-module-options.interface.js';

/** Options that no compiler has seen: only `history` is looked into. */
type Unseen = Readonly<Partial<Record<keyof HotConfigModuleOptions, unknown>>> &
  Pick<HotConfigModuleOptions, 'history'>;

/**
 * Tells of options that no compiler has seen: those of JavaScript, and of factories that read them from somewhere. What
 * is a number or a time is checked where it is used.
 *
 * @throws ConfigOptionsError naming the option, and what it must be
 */
export function checkOptions(options: Unseen): void {
  checkList('files', options.files, 'paths', isText);
  checkList('sources', options.sources, 'sources such as file(…)', isSource);
  checkList('formats', options.formats, 'formats such as registerFormat(…)', isFormat);
  checkList('validators', options.validators, 'functions', isFunction);
  checkList('secrets', options.secrets, 'patterns', isPattern);
  checkList('restartRequired', options.restartRequired, 'patterns', isPattern);
  checkList('environments', options.environments, 'texts', isText);
  checkList('load', options.load, 'factories, or promises of them', isFactory);
  checkChoice('unknownKeys', options.unknownKeys, ['allow', 'warn', 'reject']);
  checkChoice('onRestartRequired', options.onRestartRequired, ['hold', 'reject']);
  checkChoice('onInvalidBoot', options.onInvalidBoot, ['fail', 'lastKnownGood']);
  checkChoice('afterPinEnd', options.afterPinEnd, ['release', 'keep']);
  if (options.onInvalidBoot === 'lastKnownGood' && options.history?.dir === undefined)
    throw new ConfigOptionsError(
      'The option "onInvalidBoot" is "lastKnownGood", which needs "history.dir": where good versions are kept',
    );
}

const isText = (member: unknown) => typeof member === 'string';
const isFunction = (member: unknown): member is object => typeof member === 'function';
const isPattern = (member: unknown) => isText(member) || member instanceof RegExp;
const isSource = (member: unknown) => has(member, 'load', 'function') && has(member, 'name', 'string');
const isFormat = (member: unknown) => has(member, 'parse', 'function') && has(member, 'name', 'string');
const isFactory = (member: unknown) => isFunction(member) || has(member, 'then', 'function');

function has(member: unknown, key: string, type: 'function' | 'string'): boolean {
  const isObject = (typeof member === 'object' && member !== null) || isFunction(member);
  return isObject && typeof Reflect.get(member, key) === type;
}
