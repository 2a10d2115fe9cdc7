import type { StandardSchemaV1 } from '@standard-schema/spec';
import { Coercions } from './coercions.js';
import type { ConversionReport } from './conversion-report.js';
import { JoiConversions } from './joi-conversions.js';
import type { ReadNode } from './schema-node.js';
import { readValibotNode } from './valibot-nodes.js';
import { readZodNode } from './zod-nodes.js';

/** Finds the values that a schema library has turned into others by itself. */
export interface SchemaConversions {
  find(tree: unknown, result: StandardSchemaV1.Result<unknown>, report: ConversionReport): void;
}

const READERS: Readonly<Record<string, ReadNode>> = { zod: readZodNode, valibot: readValibotNode };

/** Nothing is looked for in libraries that convert only where the app says so, such as ArkType. */
const NONE: SchemaConversions = Object.freeze({ find: () => undefined });

export function schemaConversions(schema: StandardSchemaV1): SchemaConversions {
  const { vendor } = schema['~standard'];
  if (vendor === 'joi') {
    const joi = new JoiConversions(schema);
    return {
      find: (tree, result, report) => {
        if (result.issues === undefined) joi.find(tree, result.value, report);
      },
    };
  }
  if (!Object.hasOwn(READERS, vendor)) return NONE;
  const coercions = new Coercions(schema, READERS[vendor]!); // own, so it exists
  return { find: (tree, _result, report) => coercions.find(tree, report) };
}
