// A vector tile as Mapbox's own reader sees it: {layer: [[type, tags, points], ...]}; for tests/e2e/tiles.py.
import { readFileSync } from 'node:fs';
import { VectorTile } from '@mapbox/vector-tile';
import { PbfReader } from 'pbf';

const tile = new VectorTile(new PbfReader(readFileSync(process.argv[2])));
const out = {};
for (const [name, layer] of Object.entries(tile.layers)) {
  out[name] = [];
  for (let i = 0; i < layer.length; i++) {
    const f = layer.feature(i);
    const points = f.loadGeometry().reduce((n, ring) => n + ring.length, 0);
    out[name].push([f.type, f.properties, points]);
  }
}
process.stdout.write(JSON.stringify(out));
