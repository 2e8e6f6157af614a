// What an update does with the average. Both the kernels and src/plan.ts import these numbers, so this file is valid in
// AssemblyScript and in TypeScript.

export const NONE = 0;
/** The average becomes the parameter. */
export const COPY = 1;
/** The average moves toward the parameter. */
export const BLEND = 2;
