/** 2^k for k from -1022 to 1023, which are normal numbers: exp needs no others. */
export function powerOfTwo(k: i32): f64 {
  return reinterpret<f64>((<i64>(k + 1023)) << 52);
}
