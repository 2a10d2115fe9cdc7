/** Checks the class of a thrown value. Never throws: `instanceof` asks a Proxy, whose code is that of the app. */
export function isInstance<T extends object>(
  thrown: unknown,
  type: abstract new (...args: never[]) => T,
): thrown is T {
  try {
    return thrown instanceof type;
  } catch {
    return false;
  }
}
