// eslint-disable-next-line no-control-regex -- they are what it is about
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

// eslint-disable-next-line no-control-regex -- they are what it is about
const CONTROL_BUT_LINES = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;

/** A text of somebody else's on one line, without what a terminal would obey, and not longer than `length`. */
export function plainText(text: string, length: number): string {
  const plain = text.replaceAll(CONTROL, ' ').trim();
  return plain.length > length ? `${plain.slice(0, length - 1)}…` : plain;
}

/** A text with its lines, where what a terminal would obey is shown as `\u001b`. */
export function visibleText(text: string): string {
  return text.replaceAll(
    CONTROL_BUT_LINES,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
