/** What something is, for an error message: `NaN`, `'abc'`, `an array`, `a Map`. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${value}'`;
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return value.length < 9 ? `[${value.map(describe).join(', ')}]` : 'an array';
      return `a ${value.constructor?.name ?? 'null-prototype object'}`;
    case 'function':
      return 'a function';
    case 'bigint':
      return `${value}n`;
    default:
      return Object.is(value, -0) ? '-0' : String(value);
  }
}
