// Numbers from the WebGPU specification. In Node there are no globals for them.

/** Of buffers. */
export const MAP_READ = 0x1;
export const COPY_SRC = 0x4;
export const COPY_DST = 0x8;
export const UNIFORM = 0x40;
export const STORAGE = 0x80;

/** Of shaders. */
export const COMPUTE = 0x4;

/** Of mapping. */
export const READ = 0x1;
