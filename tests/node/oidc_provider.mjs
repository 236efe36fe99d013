// oidc-provider on loopback, as an MCP server's authorization server.
//
//   node oidc_provider.mjs PATH_OF_THE_LIBRARY '{"resource": URL, "lifetime": SECONDS, "clients": […]}'
//
// It prints one line of JSON, {"issuer": URL}, and ends with its standard input. GET /events tells what the library
// itself said that it did. Its login page takes any name and password.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';

const [library, words] = process.argv.slice(2);
const { Provider, errors } = await import(library);
const { resource, lifetime, clients } = JSON.parse(words);

const SCOPES = 'ledger:read ledger:write';
const TOLD = [
  'registration_create.success', 'authorization.success', 'authorization.error', 'grant.success', 'grant.error',
  'grant.revoked', 'refresh_token.consumed', 'refresh_token.destroyed', 'revocation.error', 'registration_create.error',
];

// RS256 signs the ID tokens that clients expect where they say nothing (OpenID Connect Registration §2), ES256 the rest.
function keys() {
  const kinds = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }] };
  return Object.entries(kinds).map(([alg, kind]) => {
    const { privateKey } = generateKeyPairSync(...kind);
    return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg, use: 'sig' };
  });
}

function resourceServer(_ctx, indicator) {
  if (indicator !== resource) throw new errors.InvalidTarget();
  return {
    scope: SCOPES,
    audience: resource,
    accessTokenTTL: lifetime,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  };
}

function configuration() {
  return {
    clients: clients.map((client) => ({ ...client, application_type: 'native', response_types: ['code'] })),
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    cookies: { keys: [randomUUID()] },
    jwks: { keys: keys() },
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: resourceServer },
      revocation: { enabled: true },
    },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: { Grant: 600, Interaction: 600, Session: 600, RefreshToken: 600 },
  };
}

const events = [];

function listenTo(provider) {
  for (const name of TOLD) {
    provider.on(name, (...told) => {
      const error = told.find((each) => each instanceof Error);
      const params = told[0]?.oidc?.params ?? {};
      events.push({
        name,
        grant: params.grant_type ?? null,
        resource: params.resource ?? null,
        scope: params.scope ?? null,
        prompt: params.prompt ?? null,
        client: told[0]?.oidc?.client?.clientId ?? null,
        auth: told[0]?.oidc?.client?.clientAuthMethod ?? null,
        error: error ? `${error.message}: ${error.error_description ?? ''} ${error.error_detail ?? ''}` : null,
      });
    });
  }
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration());
  listenTo(provider);
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url !== '/events') return answer(request, response);
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify(events));
  });
  console.log(JSON.stringify({ issuer }));
});
process.stdin.on('end', () => process.exit(0)).resume();
