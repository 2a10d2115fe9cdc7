/**
 * Whether a file is not meant to be read: what editors put beside a file while they save it, backups, and dotfiles,
 * among them the inner life of a ConfigMap volume (`..data`, `..2026_11_21_…`).
 */
export function isTemporaryFile(relativePath: string): boolean {
  return relativePath.split('/').some((name) => TEMPORARY.some((pattern) => pattern.test(name)));
}

const TEMPORARY = [
  /^\./,
  // Emacs, nano, kate and many others; Emacs' auto-save.
  /~$/,
  /^#.*#$/,
  // vim asks with a file of this name whether it may write here.
  /^4913$/,
  /\.sw[a-z]$/,
  /\.(?:tmp|temp|bak|orig|part)$/i,
  // JetBrains' safe write.
  /___jb_(?:tmp|old)___$/,
];
