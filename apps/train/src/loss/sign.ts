/** The class, -1 or +1, with the sign of the score; the higher class if the score is 0. */
export function sign(scores: Float64Array): number {
  return (scores[0] ?? 0) >= 0 ? 1 : -1;
}
