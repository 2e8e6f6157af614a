/** Put in its place by the build: see tsup.shared.ts. */
declare const PACKAGE: string | undefined;

/** This package and its version, such as `'@asgd/webgpu@1.0.0'`. Undefined where the source runs unbuilt. */
export const packageId: string | undefined = typeof PACKAGE === 'string' ? PACKAGE : undefined;
