const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'] as const;

/** Formats a size for error messages: `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Math.round((100 * bytes) / 1024 ** unit) / 100} ${UNITS[unit]}`;
}
