// The kernels are compiled twice: by TypeScript, and to WebAssembly by AssemblyScript, which has these types built in or
// in assembly/arrays.ts.

type i32 = number;
type f64 = number;

/** Numbers in a row: a typed array here, an address in WebAssembly's memory there. */
type F64s = Float64Array;
type U32s = Uint32Array;
