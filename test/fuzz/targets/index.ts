import type { FuzzTarget } from '../target.interface.js';
import { CHANNEL_TARGETS } from './channel.target.js';
import { FORMAT_TARGETS } from './formats.target.js';
import { PATH_TARGETS } from './paths.target.js';
import { REFERENCE_TARGETS } from './references.target.js';
import { SECRET_TARGETS } from './secrets.target.js';
import { TREE_TARGETS } from './trees.target.js';
import { VERSION_FILE_TARGETS } from './version-file.target.js';

/** All targets, in the order in which they run. */
export const TARGETS: readonly FuzzTarget[] = [
  ...FORMAT_TARGETS,
  ...REFERENCE_TARGETS,
  ...PATH_TARGETS,
  ...TREE_TARGETS,
  ...SECRET_TARGETS,
  ...VERSION_FILE_TARGETS,
  ...CHANNEL_TARGETS,
];
