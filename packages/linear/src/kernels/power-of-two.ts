/// <reference path="./types.d.ts" />

const least = -1074;
const powers = /* @__PURE__ */ makePowers();

/** 2^k, exactly, for k from -1074 to 1023. WebAssembly has its own: assembly/power-of-two.ts. */
export function powerOfTwo(k: i32): f64 {
  return powers[k - least] ?? NaN;
}

/** By doubling and halving, which are exact. An engine's `**` need not be. */
function makePowers(): Float64Array {
  const made = new Float64Array(2098);
  for (let k = 0, power = 1; k <= 1023; k++, power *= 2) made[k - least] = power;
  for (let k = -1, power = 0.5; k >= least; k--, power /= 2) made[k - least] = power;
  return made;
}
