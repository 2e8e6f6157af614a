import type { ExportFormat } from './messages.ts';
import type { Trainer } from './trainer.ts';

/**
 * A trained model as a file: `pt` has the last iterate, the average and the optimizer's state, as `torch.save` writes
 * them; `safetensors` the average; `json` both, with what is known of the data.
 */
export async function exportModel(
  trainer: Trainer,
  about: Readonly<Record<string, unknown>>,
  format: ExportFormat,
): Promise<{ readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const { last, average } = await trainer.models();
  const name = `asgd-model.${format}`;
  if (format === 'json') {
    const plain = (model: typeof last): object =>
      Object.fromEntries(
        Object.entries(model).map(([key, { shape, values }]) => [key, { shape, values: [...values] }]),
      );
    const text = JSON.stringify({ about, average: plain(average), last: plain(last) });
    return { name, bytes: new TextEncoder().encode(text) };
  }
  const { saveCheckpoint, toTorch } = await import('@asgd/torch');
  if (format === 'safetensors') return { name, bytes: await saveCheckpoint(average, { format }) };
  const optimizer = toTorch(await trainer.optimizer.stateDict());
  return { name, bytes: await saveCheckpoint({ model: last, average, optimizer }) };
}
