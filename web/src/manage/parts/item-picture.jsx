// An item of a dataset as managers see it: its thumbnail, or its picture where the browser can show it by itself, and its name.

import { useEffect, useState } from 'preact/hooks';
import { blobOf } from '../../api/pictures.js';
import { text } from '../../texts/texts.js';
import { nameOfItem } from './item-name.js';

/** @param {{ dataset: string, item: import('../../api/types.js').DatasetItem }} props */
export function ItemPicture({ dataset, item }) {
  const [isBroken, setBroken] = useState(false);
  const address = useAddress(dataset, item);
  const name = nameOfItem(item.uri);
  const facts = [item.width && item.height ? `${item.width} × ${item.height}` : null, item.missing_since ? text('items.missing') : null];
  return (
    <figure class="item">
      {address && !isBroken
        ? <img src={address} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
        : <span class="no-picture" aria-hidden="true">{ending(name)}</span>}
      <figcaption>
        <span class="quiet">{item.index + 1}</span> <bdi title={item.uri.startsWith('data:') ? undefined : item.uri}>{name}</bdi>
        <span class="quiet">{facts.filter(Boolean).join(' · ')}</span>
      </figcaption>
    </figure>
  );
}

/** From where the browser can show an item without a lease. @param {string} dataset @param {import('../../api/types.js').DatasetItem} item */
function useAddress(dataset, { uri, index }) {
  const [address, setAddress] = useState('');
  useEffect(() => {
    if (/^https?:/i.test(uri)) return setAddress(uri);
    if (!uri.startsWith('data:')) return setAddress(`/v1/datasets/${dataset}/items/${index}/thumbnail`);
    const made = URL.createObjectURL(blobOf(uri));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [dataset, index, uri]);
  return address;
}

/** What stands where no picture can be shown. @param {string} name */
function ending(name) {
  return /\.(\w{1,5})$/.exec(name)?.[1].toUpperCase() ?? '…';
}
