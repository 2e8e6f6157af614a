// WebGPU's own types. A user's project has them from TypeScript's DOM library (since 6.0) or from `@webgpu/types`.
// Declarations that just named them would not compile in a project that has neither.

/** The type of this name, or any object in a project without WebGPU's types. */
type IfDeclared<Name extends string> =
  typeof globalThis extends Record<Name, { prototype: infer Type }> ? Type : object;

/** WebGPU's `GPUDevice`. */
export type GPUDevice = IfDeclared<'GPUDevice'>;
/** WebGPU's `GPUBuffer`. */
export type GPUBuffer = IfDeclared<'GPUBuffer'>;
/** WebGPU's `GPUCommandEncoder`. */
export type GPUCommandEncoder = IfDeclared<'GPUCommandEncoder'>;

/** Where a compute pass writes the times when it begins and ends. */
export interface TimestampWrites {
  /** Of the type `timestamp`. */
  readonly querySet: IfDeclared<'GPUQuerySet'>;
  /** The place in the set for the time of the beginning. */
  readonly beginningOfPassWriteIndex?: number;
  /** The place in the set for the time of the end. */
  readonly endOfPassWriteIndex?: number;
}
