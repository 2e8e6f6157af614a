// WebGPU's own types. A user's project has them from TypeScript's DOM library (since 6.0) or from `@webgpu/types`.
// Declarations that just named them would not compile in a project that has neither.

/** The type of this name, or any object in a project without WebGPU's types. */
type IfDeclared<Name extends string> =
  typeof globalThis extends Record<Name, { prototype: infer Type }> ? Type : object;

export type GPUDevice = IfDeclared<'GPUDevice'>;
export type GPUBuffer = IfDeclared<'GPUBuffer'>;
export type GPUCommandEncoder = IfDeclared<'GPUCommandEncoder'>;

/** Where a compute pass writes the times when it begins and ends. */
export interface GPUComputePassTimestampWrites {
  /** Of type `timestamp`. */
  readonly querySet: IfDeclared<'GPUQuerySet'>;
  /** Where in the set the beginning goes. Default: nowhere. */
  readonly beginningOfPassWriteIndex?: number;
  /** Where in the set the end goes. Default: nowhere. */
  readonly endOfPassWriteIndex?: number;
}
