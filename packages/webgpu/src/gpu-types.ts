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
  readonly querySet: IfDeclared<'GPUQuerySet'>;
  readonly beginningOfPassWriteIndex?: number;
  readonly endOfPassWriteIndex?: number;
}
