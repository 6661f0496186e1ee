// A real OpenID provider for tests (the certified npm package oidc-provider): node provider.mjs <port>
//
// People log in by `login_hint`, without a page: the part before the @ says what the provider tells of them. Under /test/ are
// what a test does to a provider: new keys, and tokens that say what it likes, signed by the provider's own key.
import { createPrivateKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { SignJWT } from 'jose';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const redirect_uris = ['http://127.0.0.1:9/signed-in'];
const common = { redirect_uris, response_types: ['code'], grant_types: ['authorization_code'] };
const clients = [
  { ...common, client_id: 'web', client_secret: 'the secret of web' },
  { ...common, client_id: 'public', token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'ES256' },
  { ...common, client_id: 'other', client_secret: 'the secret of other' },
];

function claimsOf(id) {
  const hint = id.split('@')[0];
  if (hint.startsWith('nameless')) return { sub: id };
  const said = { sub: id, email: id, name: 'Asha Rao', email_verified: true };
  if (hint.startsWith('unverified')) said.email_verified = false;
  if (hint.startsWith('text')) said.email_verified = 'true';
  return said;
}

function newKey(type, options, alg) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg, use: 'sig' };
}

let keys;
let provider;
function start() {
  keys = [newKey('rsa', { modulusLength: 2048 }, 'RS256'), newKey('ec', { namedCurve: 'P-256' }, 'ES256')];
  provider = new Provider(issuer, {
    clients,
    jwks: { keys },
    cookies: { keys: ['only for tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => claimsOf(id) }),
  });
}
start();

async function interact(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: params.login_hint, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  await provider.interactionFinished(request, response, { login: { accountId: params.login_hint }, consent });
}

async function sign(request, response) {
  let text = '';
  for await (const chunk of request) text += chunk;
  const { claims, header = {}, alg = 'RS256' } = JSON.parse(text);
  const key = keys.find((key) => key.alg === alg);
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg, kid: key.kid, ...header })
    .sign(createPrivateKey({ key, format: 'jwk' }));
  response.end(token);
}

createServer(async (request, response) => {
  try {
    if (request.url.startsWith('/interaction/')) await interact(request, response);
    else if (request.url === '/test/rotate') response.end((start(), 'rotated'));
    else if (request.url === '/test/sign') await sign(request, response);
    else await provider.callback()(request, response);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(port, '127.0.0.1');
