/** A place on the plane. */
export type Point = readonly [x: number, y: number];

/** The loss ½ (a (x − cx)² + b (y − cy)²), of which one only sees gradients with noise. */
export const quadratic = {
  curvature: [1, 4] as Point,
  minimum: [0.6, -0.35] as Point,
  start: [-1.7, 1.05] as Point,
  /** The standard deviation of each gradient's noise. */
  noise: 2.2,
} as const;

/** The loss at a place, without noise. */
export function lossAt([x, y]: Point): number {
  const { curvature, minimum } = quadratic;
  return (curvature[0] * (x - minimum[0]) ** 2 + curvature[1] * (y - minimum[1]) ** 2) / 2;
}

/** The gradient at a place, with noise from two normal numbers. */
export function gradientAt([x, y]: Point, [first, second]: Point): Point {
  const { curvature, minimum, noise } = quadratic;
  return [curvature[0] * (x - minimum[0]) + noise * first, curvature[1] * (y - minimum[1]) + noise * second];
}

/** Random numbers that are the same each time for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two normal numbers from two uniform ones (Box and Muller). */
export function normalPair(random: () => number): Point {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  const angle = 2 * Math.PI * random();
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Where a place is drawn: the plane from −2.2 to 2.2 and from −1.4 to 1.4, as 440 by 280. */
export const view = { width: 440, height: 280 } as const;
export function drawnAt([x, y]: Point): Point {
  return [220 + 100 * x, 140 - 100 * y];
}

/** The ellipses on which the loss is equal. */
export const contours: readonly { readonly rx: number; readonly ry: number }[] = [
  0.05, 0.25, 0.75, 1.6, 2.9, 4.8,
].map((loss) => ({
  rx: 100 * Math.sqrt((2 * loss) / quadratic.curvature[0]),
  ry: 100 * Math.sqrt((2 * loss) / quadratic.curvature[1]),
}));
