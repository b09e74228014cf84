/**
 * Signing in by the team's own OpenID provider: OpenID Connect Core 1.0 §3.1, the code flow, with PKCE (RFC 7636), a
 * state, a nonce, and the issuer in the answer (RFC 9207).
 *
 * <p>What comes of it is a subject, and nothing else: the seal says which person that is, and what a person may do by
 * it is not known here. It must not know passkeys, sessions or pages.
 *
 * <p>Start with {@link dev.interlock.signin.SignIns}. {@code IdToken} is the only class that has a library judge what a
 * provider has signed; {@code Outgoing} is the only one that calls it.
 */
@NullMarked
package dev.interlock.signin;

import org.jspecify.annotations.NullMarked;
