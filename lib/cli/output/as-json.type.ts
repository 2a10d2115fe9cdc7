/** What is left of a type after it went through JSON. */
export type AsJson<T> = T extends Date
  ? string
  : T extends readonly (infer Member)[]
    ? AsJson<Member>[]
    : T extends object
      ? { readonly [Key in keyof T]: AsJson<T[Key]> }
      : T;
