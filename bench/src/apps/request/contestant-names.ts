export const BARE = 'no config';
export const OWN = 'nestjs-hot-config';
const OWN_WITHOUT_PINS = 'nestjs-hot-config, pinning: false';
/** A bare `AsyncLocalStorage`, entered in the request hook of Nest's adapter, with a `close` listener. */
export const FLOOR = 'AsyncLocalStorage in the hook';
export const SCOPE = 'Scope.REQUEST';
export const CLS = 'nestjs-cls';

/** All contestants, in the order of display. The first one is what the others are compared with. */
const ALL = [BARE, OWN, OWN_WITHOUT_PINS, FLOOR, '@nestjs/config', SCOPE, CLS] as const;

export type ContestantName = (typeof ALL)[number];

const NODE = Number(process.versions.node.split('.')[0]);
/** nestjs-cls does not start on older versions of Node. */
const HAS_CLS = NODE >= 22;

/** The contestants that can be measured on this version of Node. */
export const CONTESTANTS: readonly ContestantName[] = ALL.filter((name) => name !== CLS || HAS_CLS);
