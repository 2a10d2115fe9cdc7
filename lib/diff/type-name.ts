/** Returns the type of a value for people: `string`, `null`, `list`, `object`, or the name of its class. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return 'list';
  // Read from the prototype: the object itself may have a key called `constructor`.
  const { name } = (Object.getPrototypeOf(value) as object | null)?.constructor ?? Object;
  return name === 'Object' ? 'object' : name;
}
