// Makes the package `webgpu` seem not to be installed.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === 'webgpu') throw new Error("Cannot find package 'webgpu'");
    return nextResolve(specifier, context);
  },
});
