/** What a sealed secret belongs to: the version it was written for, its source and its path. Nowhere else it opens. */
export function placeOfSecret(id: string, source: string, path: readonly string[]): string {
  return JSON.stringify([id, 'layer', source, path]);
}

/** The same for an override. */
export function placeOfOverride(id: string, segments: readonly string[]): string {
  return JSON.stringify([id, 'override', segments]);
}
