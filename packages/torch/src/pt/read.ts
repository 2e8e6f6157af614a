import type { Document, StoredTensor, StoredValues } from '../document.ts';
import { bytesPerElement } from '../dtype.ts';
import { CheckpointError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { StorageNode, TensorNode } from '../pickle/nodes.ts';
import { toPlain } from '../pickle/plain.ts';
import { unpickle } from '../pickle/read.ts';
import type { Source } from '../source.ts';
import { Archive } from '../zip/archive.ts';

/** Opens a file that `torch.save` of PyTorch 1.6 or later wrote: an archive of a pickle and a record per storage. */
export async function openPt(source: Source, limits: Limits): Promise<Document> {
  const archive = await Archive.open(source, limits);
  checkKind(archive);
  const littleEndian = await readByteOrder(archive);
  const root = unpickle(await archive.readStructure('data.pkl'), limits);
  const storages = new Map<StorageNode, StoredValues>();
  const tensors = new Map<TensorNode, StoredTensor>();

  function storageOf(node: StorageNode): StoredValues {
    const known = storages.get(node);
    if (known) return known;
    const storage = openStorage(archive, node, littleEndian);
    storages.set(node, storage);
    return storage;
  }
  function tensorOf(node: TensorNode): StoredTensor {
    const known = tensors.get(node);
    if (known) return known;
    const tensor = { placement: node.placement, storage: storageOf(node.storage) };
    tensors.set(node, tensor);
    return tensor;
  }
  const contents: Document['contents'] = (placeOf) =>
    toPlain(root, limits, (node) => placeOf(tensorOf(node)));
  return { format: 'pt', metadata: {}, contents };
}

function checkKind(archive: Archive): void {
  if (archive.has('constants.pkl')) {
    throw new CheckpointError(
      'The file is a TorchScript archive, which holds a program: save its state_dict() with torch.save instead.',
    );
  }
  if (!archive.has('data.pkl')) {
    throw new CheckpointError(
      'The file is an archive, but torch.save did not write it: it has no record data.pkl in its first folder.',
    );
  }
}

/** Files from before PyTorch 2.1 do not say it. PyTorch takes them for little-endian. */
async function readByteOrder(archive: Archive): Promise<boolean> {
  if (!archive.has('byteorder')) return true;
  const order = String.fromCharCode(...(await archive.readStructure('byteorder')).subarray(0, 16));
  if (order === 'little') return true;
  if (order === 'big') return false;
  throw new CheckpointError(`The byte order of the checkpoint is '${order}': expected little or big.`);
}

function openStorage(
  archive: Archive,
  { key, dtype, length }: StorageNode,
  littleEndian: boolean,
): StoredValues {
  const record = `data/${key}`;
  const bytes = length * (dtype === undefined ? 1 : bytesPerElement(dtype));
  const found = archive.sizeOf(record);
  if (found !== bytes) {
    throw new CheckpointError(
      `Storage '${key}' has ${found} bytes: expected ${bytes}, for ${length} of ${dtype}.`,
    );
  }
  return {
    name: key,
    bytes,
    littleEndian,
    read: (budget) => archive.read(record, budget),
    readPart: (from, count, budget) => archive.readPart(record, from, count, budget),
  };
}
