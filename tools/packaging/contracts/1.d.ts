export type RealDType = "float32" | "float64";

export type RealArray = Float32Array | Float64Array;

export interface Kernels<Storage, Source = never, Plan = StepBatch<Storage>> {
    readonly name: string;
    readonly contract: number;
    readonly package?: string | undefined;
    readonly capabilities: Capabilities;
    allocate(dtype: RealDType, length: number): Storage;
    write(storage: Storage, values: RealArray): void;
    read(storage: Storage): RealArray | Promise<RealArray>;
    copy(source: Storage, target: Storage): void;
    free?(storage: Storage): void;
    prepare(batch: StepBatch<Storage>): Plan;
    step(plan: Plan, scalars: StepScalars<Storage>): void;
    release(plan: Plan): void;
    view?(storage: Storage): RealArray;
    wrap?(source: Source, dtype: RealDType | undefined): Wrapped<Storage>;
    synchronize(): Promise<void>;
    close(): Promise<void>;
}

export interface Capabilities {
    readonly dtypes: readonly RealDType[];
    readonly contraction: "never" | "may";
    readonly subnormals: "keep" | "flush";
    readonly hostVisible: boolean;
    readonly threads: number;
    readonly threadsReason?: string | undefined;
    readonly schedules?: boolean;
}

export type Averaging = "none" | "copy" | "blend" | "scheduled";

export interface StepBatch<Storage> {
    readonly dtype: RealDType;
    readonly averaging: Averaging;
    readonly items: readonly StepItem<Storage>[];
}

export interface StepItem<Storage> {
    readonly parameter: Storage;
    readonly gradient: Storage;
    readonly average: Storage | null;
    readonly length: number;
}

export type StepScalars<Storage> = HostScalars | DeviceScalars<Storage>;

export interface CommonScalars {
    readonly weightDecay: number;
    readonly sign: 1 | -1;
}

export interface HostScalars extends CommonScalars {
    readonly on: "host";
    readonly decay: number;
    readonly eta: number;
    readonly mu: number;
}

export interface DeviceScalars<Storage> extends CommonScalars {
    readonly on: "device";
    readonly counters: Storage;
    readonly lr: number | Storage;
    readonly lambd: number;
    readonly alpha: number;
    readonly t0: number;
}

export interface Wrapped<Storage> {
    readonly storage: Storage;
    readonly dtype: RealDType;
    readonly length: number;
}
