/** A readable duration: `12 s`, `3 min 10 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Something a second, with three digits: `98.4`, `1240`, `38.2 k`, `1.05 M`. */
export function rate(perSecond: number): string {
  if (perSecond < 9995) return perSecond < 99.95 ? threeDigits(perSecond) : perSecond.toFixed(0);
  return perSecond < 999_500 ? `${threeDigits(perSecond / 1000)} k` : `${threeDigits(perSecond / 1e6)} M`;
}

/** A positive number of any size in a few digits. */
export function threeDigits(value: number): string {
  if (value >= 99.95) return value < 1e6 ? value.toFixed(0) : value.toPrecision(3);
  return value >= 9.995 ? value.toFixed(1) : value.toPrecision(3);
}

/** A loss: four digits after the point, or four significant ones if that is too few or too many. */
export function lossText(loss: number): string {
  return loss !== 0 && (loss < 0.01 || loss >= 1e4) ? loss.toPrecision(4) : loss.toFixed(4);
}

/** A share of rows as a percentage. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** `1 row`, `2 rows`. */
export function count(number: number, singular: string, plural: string = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
