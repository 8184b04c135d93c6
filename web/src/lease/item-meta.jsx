// What the job shows of an item beside its picture: fields that came with it.

/** @param {{ item: import('../api/types.js').Item }} props */
export function ItemMeta({ item: { meta } }) {
  const fields = Object.entries(meta ?? {});
  if (fields.length === 0) return null;
  return (
    <dl class="item-meta">
      {fields.map(([field, value]) => (
        <div key={field}><dt>{field}</dt><dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd></div>
      ))}
    </dl>
  );
}
