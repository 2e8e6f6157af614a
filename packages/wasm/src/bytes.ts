const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'] as const;

/** `1.5 MiB`, as error messages say it. */
export function formatBytes(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Math.round((100 * bytes) / 1024 ** unit) / 100} ${UNITS[unit]}`;
}
