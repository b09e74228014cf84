// Executes what it is sent, by graphql-js, as a server written with it would; and says which root fields ran with what.
const [modules, definitions] = process.argv.slice(2);
const { buildSchema, parse, validate, execute } = require(modules + '/node_modules/graphql');

const schema = buildSchema(definitions);

const shown = value => value === null ? 'null' : String(value);

const values = (given, paths) => Object.fromEntries(paths
  .map(path => [path, path.split('.').reduce((here, name) => here === null ? undefined : here?.[name], given)])
  .filter(([, value]) => value !== undefined)
  .map(([path, value]) => [path, shown(value)]));

// The GraphQL multipart request specification.
const operations = form => {
  const operations = JSON.parse(form.get('operations'));
  for (const [part, paths] of Object.entries(JSON.parse(form.get('map')))) {
    for (const path of paths) {
      const steps = path.split('.');
      const last = steps.pop();
      steps.reduce((here, name) => here[name], operations)[last] = form.get(part).name;
    }
  }
  return operations;
};

const requests = async ({ method, type, body, query }) => {
  if (method === 'GET') {
    const given = Object.fromEntries(query);
    return [{ ...given, variables: given.variables && JSON.parse(given.variables) }];
  }
  const bytes = Buffer.from(body, 'base64');
  const sent = type.startsWith('multipart/')
    ? operations(await new Response(bytes, { headers: { 'content-type': type } }).formData())
    : JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  return Array.isArray(sent) ? sent : [sent];
};

const run = async (request, paths, executed) => {
  const document = parse(request.query);
  if (validate(schema, document).length > 0) return false;
  const fieldResolver = (source, given, _, info) => {
    if (info.parentType !== schema.getQueryType() && info.parentType !== schema.getMutationType()) {
      return source[info.fieldName];
    }
    executed.push({ name: info.fieldName, values: values(given, paths) });
    return String(info.returnType) === 'Thing' ? { id: 'x', name: 'x', other: null } : true;
  };
  const { errors } = await execute({
    schema, document, fieldResolver, variableValues: request.variables, operationName: request.operationName });
  return errors === undefined;
};

(async () => {
  for (const line of require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
    const question = JSON.parse(line);
    const executed = [];
    let whole = true;
    for (const request of await requests(question)) {
      whole = await run(request, question.paths, executed) && whole;
    }
    console.log(JSON.stringify({ executed, whole }));
  }
})();
