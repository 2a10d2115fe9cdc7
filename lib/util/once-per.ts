/** Makes one thing for each key, however often it is asked for, and for as long as the key lives. */
export function oncePer<K extends object, V, Rest extends unknown[]>(
  make: (key: K, ...rest: Rest) => V,
): (key: K, ...rest: Rest) => V {
  const made = new WeakMap<K, { readonly value: V }>();
  return (key, ...rest) => {
    const { value } = made.get(key) ?? { value: make(key, ...rest) };
    made.set(key, { value });
    return value;
  };
}
