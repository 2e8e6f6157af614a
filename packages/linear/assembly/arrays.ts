// What the kernels call arrays: an address, and loads and stores without checks.

// @ts-ignore: decorator
@global
@unmanaged
class F64s {
  @operator('[]') get(at: i32): f64 {
    return load<f64>(changetype<usize>(this) + ((<usize>at) << 3));
  }
  @operator('[]=') set(at: i32, value: f64): void {
    store<f64>(changetype<usize>(this) + ((<usize>at) << 3), value);
  }
}

// @ts-ignore: decorator
@global
@unmanaged
class U32s {
  @operator('[]') get(at: i32): u32 {
    return load<u32>(changetype<usize>(this) + ((<usize>at) << 2));
  }
  @operator('[]=') set(at: i32, value: u32): void {
    store<u32>(changetype<usize>(this) + ((<usize>at) << 2), value);
  }
}
