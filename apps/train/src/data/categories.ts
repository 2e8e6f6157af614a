/** More different values than this in a column are no categories: each of them makes a feature. */
export const mostCategories = 1000;

/** The different values of a categorical column. Each is a feature, 1 where the column has that value and 0 elsewhere. */
export class Categories {
  #places = new Map<string, number>();
  #complete = false;

  /** How many features they make; 0 until all are known. */
  get features(): number {
    return this.#complete ? this.#places.size : 0;
  }

  /** In the order of the features. */
  names(): Iterable<string> {
    return this.#places.keys();
  }

  /** The place of a value among the features, -1 if it is unknown. Until all are known, it is added if there is room. */
  place(value: string): number {
    const place = this.#places.get(value);
    if (place !== undefined || this.#complete || this.#places.size === mostCategories) return place ?? -1;
    this.#places.set(value, this.#places.size);
    return this.#places.size - 1;
  }

  /** Accepts no more of them, and puts them in the order of their UTF-16 codes. */
  complete(): void {
    this.#complete = true;
    this.#places = new Map([...this.#places.keys()].toSorted(byCode).map((value, place) => [value, place]));
  }
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : 1;
}
