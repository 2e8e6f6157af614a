// The kernels of src/kernels, compiled to WebAssembly.

import './arrays';

export { train } from '../src/kernels/train';
