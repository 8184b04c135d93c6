// Figures as a small drawing, where their picture may not be shown any more.

import { classColour } from '../picture/colours.js';

/** @param {{ item: import('../api/types.js').Item, figures: import('../api/types.js').Figure[], classes: import('../api/types.js').LabelClass[], label: string }} props */
export function Sketch({ item, figures, classes, label }) {
  const { width, height } = item;
  if (!width || !height || figures.length === 0) return null;
  return (
    <svg class="sketch" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {figures.map((figure, at) => (
        <g key={at} style={{ '--class-colour': classColour(classes.findIndex((one) => one.name === figure.class)) }}>
          {shapes(figure, Math.max(width, height) / 80)}
        </g>
      ))}
    </svg>
  );
}

/** @param {import('../api/types.js').Figure} figure @param {number} radius of a point */
function shapes({ shape, geometry }, radius) {
  if ('width' in geometry) return <rect {...geometry} />;
  if ('exterior' in geometry) {
    const rings = [geometry.exterior, ...(geometry.interior ?? [])];
    return <path fill-rule="evenodd" d={rings.map((ring) => `M${ring.map(String).join('L')}Z`).join('')} />;
  }
  if (shape === 'polyline') return <path class="line" d={`M${geometry.points.map(String).join('L')}`} />;
  return geometry.points.map(([x, y], at) => <circle key={at} cx={x} cy={y} r={radius} />);
}
