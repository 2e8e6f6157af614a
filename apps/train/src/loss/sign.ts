/** The class, -1 or +1, on whose side the score is; the higher class when it is on neither. */
export function sign(scores: Float64Array): number {
  return (scores[0] ?? 0) >= 0 ? 1 : -1;
}
