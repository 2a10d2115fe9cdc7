/** The members of `describe()` of a schema of Joi that are read here. */
export interface JoiDescription {
  readonly type?: string;
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly rules?: readonly { readonly name?: string }[];
  readonly truthy?: readonly unknown[];
  readonly falsy?: readonly unknown[];
  readonly externals?: readonly unknown[];
  readonly keys?: Readonly<Record<string, JoiDescription>>;
  readonly patterns?: readonly { readonly rule?: JoiDescription }[];
  readonly renames?: readonly { readonly from?: unknown }[];
  readonly items?: readonly JoiDescription[];
  readonly ordered?: readonly JoiDescription[];
  readonly matches?: readonly JoiBranch[];
  readonly whens?: readonly JoiBranch[];
}

/** One of several schemas, of `alternatives()` or `when()`. */
export interface JoiBranch {
  readonly schema?: JoiDescription;
  readonly then?: JoiDescription;
  readonly otherwise?: JoiDescription;
  readonly switch?: readonly JoiBranch[];
}

/** Returns the description of a schema of Joi; undefined for anything else. */
export function joiDescriptionOf(schema: unknown): JoiDescription | undefined {
  const { describe } = Object(schema) as { describe?: () => JoiDescription };
  return typeof describe === 'function' ? describe.call(schema) : undefined;
}
