// Characters such as `é` have two spellings in Unicode: one code point (NFC), or a letter and an accent (NFD). They look
// the same. Editors write NFC; names that came from a macOS file system are often NFD.

/** Checks whether `text` has a character that may have another spelling. */
export function isBeyondAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return true;
  return false;
}

/** Returns `text` in the normal form NFC. ASCII, which has one form, is returned as it is. */
export function normalForm(text: string): string {
  return isBeyondAscii(text) ? text.normalize('NFC') : text;
}
