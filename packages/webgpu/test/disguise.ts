/** The given device with some changes. It is another object, so nothing that is cached for the device applies to it. */
export function disguise(device: GPUDevice, changes: Partial<GPUDevice> = {}): GPUDevice {
  return new Proxy(device, {
    get(target, key): unknown {
      if (Object.hasOwn(changes, key)) return Reflect.get(changes, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The device's limits, with some of them lowered. */
export function limited(
  device: GPUDevice,
  limits: Partial<Record<keyof GPUSupportedLimits, number>>,
): GPUDevice {
  const present: Record<string, unknown> = {};
  for (const name in device.limits) present[name] = Reflect.get(device.limits, name);
  return disguise(device, { limits: { ...present, ...limits } as unknown as GPUSupportedLimits });
}

/** Calls of a device's methods that create something, by the method's name. */
export type Calls = Record<string, unknown[]>;

const makers = [
  'createBuffer',
  'createBindGroup',
  'createBindGroupLayout',
  'createPipelineLayout',
  'createShaderModule',
  'createComputePipeline',
] as const;

/** A device that records what it is asked to create. */
export function observed(device: GPUDevice): { readonly device: GPUDevice; readonly calls: Calls } {
  const calls: Calls = {};
  const changes: Record<string, unknown> = {};
  for (const method of makers) {
    calls[method] = [];
    const original = device[method].bind(device) as (descriptor: unknown) => unknown;
    changes[method] = (descriptor: unknown): unknown => {
      calls[method]?.push(descriptor);
      return original(descriptor);
    };
  }
  return { device: disguise(device, changes), calls };
}
