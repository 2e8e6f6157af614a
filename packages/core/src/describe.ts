/** Describes a value for an error message: `NaN`, `'abc'`, `[1, an array]`, `a Map`. It never throws. */
export function describe(value: unknown): string {
  try {
    return Array.isArray(value) && value.length < 9
      ? `[${Array.from(value, describeOne).join(', ')}]`
      : describeOne(value);
  } catch {
    return 'an object that cannot be inspected'; // such as a revoked Proxy
  }
}

function describeOne(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 80 ? `'${value.slice(0, 80)}…'` : `'${value}'`;
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return value.length === 0 ? '[]' : 'an array';
      const name: unknown = value.constructor?.name;
      if (typeof name !== 'string' || name === '' || name === 'Object') return 'an object';
      return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
    }
    case 'function':
      return 'a function';
    case 'bigint':
      return `${value}n`;
    default:
      return Object.is(value, -0) ? '-0' : String(value);
  }
}
