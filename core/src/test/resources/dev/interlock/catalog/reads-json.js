// Reads bodies as Node's servers do. With `fold`, names of members as Go's do: whatever their case, and the last one counts.
const fold = process.argv[2] === 'fold';

const text = bytes => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'base64'));

const number = n => {
  const [digits, exponent] = String(n).split('e');
  if (exponent === undefined) return digits;
  const [whole, part = ''] = digits.replace('-', '').split('.');
  const e = Number(exponent);
  const plain = e < 0 ? '0.' + '0'.repeat(-e - whole.length) + whole + part : whole + part.padEnd(e, '0');
  return (n < 0 ? '-' : '') + plain;
};

const written = value => {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return '[' + value.map(written).join(',') + ']';
  return '{' + Object.keys(value).sort().map(name => JSON.stringify(name) + ':' + written(value[name])).join(',') + '}';
};

const shown = value => typeof value === 'string' ? value : written(value);

const same = (name, step) => fold
  ? name.toLowerCase() === step.toLowerCase() || name.toUpperCase() === step.toUpperCase()
  : name === step;

const step = (value, name) => {
  if (Array.isArray(value)) return value.flatMap(item => step(item, name));
  if (value === null || typeof value !== 'object') return [];
  const names = Object.keys(value);
  if (name === '*') return names.map(each => value[each]);
  if (name === '@names') return names;
  const found = names.filter(each => same(each, name));
  return found.length === 0 ? [] : [value[found.at(-1)]];
};

for (const line of require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const { asked, sent, paths } = JSON.parse(line);
  const value = JSON.parse(text(sent));
  console.log(JSON.stringify({
    asked: written(JSON.parse(text(asked))),
    sent: written(value),
    facts: paths.map(path => path.reduce((here, name) => here.flatMap(each => step(each, name)), [value]).map(shown)),
  }));
}
