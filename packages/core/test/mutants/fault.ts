/** What the faults know of a module of core. */
export type Module = Readonly<Record<string, unknown>>;

/** A believable mistake in core: faulty exports in place of the real ones of a module. */
export interface Fault {
  /** In `src`. */
  readonly module: string;
  exports(honest: Module): Module;
}

/** The module with the fault. */
export function withFault(honest: Module, { module, exports }: Fault): Module {
  const faulty = exports(honest);
  const unknown = Object.keys(faulty).filter((name) => !(name in honest));
  if (unknown.length > 0) throw new Error(`${module} has no ${unknown.join()} now: renew the fault.`);
  return { ...honest, ...faulty };
}
