import { adapterWanted, type Environment, libraryPath } from './environment.ts';
import { unpack } from './unpacked.ts';

/**
 * The environment in which the npm package `webgpu` (Dawn) finds the software adapter. A process reads
 * `LD_LIBRARY_PATH` as it starts, so this is for processes yet to be started, such as Vitest's workers.
 *
 * Empty when the machine has a Vulkan driver named already (`VK_DRIVER_FILES`, `VK_ICD_FILENAMES`), when
 * `ASGD_ADAPTER=machine`, and where Dawn does not use Vulkan.
 */
export async function dawnEnvironment(): Promise<Environment> {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = process.env;
  const isNamed = VK_DRIVER_FILES !== undefined || VK_ICD_FILENAMES !== undefined;
  if (isNamed || adapterWanted() === 'machine' || process.platform !== 'linux') return {};
  const { swiftShader, vulkan } = await unpack();
  return { VK_ICD_FILENAMES: swiftShader, ...libraryPath(vulkan) };
}
