/**
 * Sign-in by the team's own OpenID provider: the code flow of OpenID Connect Core 1.0 §3.1. It uses PKCE (RFC 7636), a
 * state, a nonce, and the issuer in the response (RFC 9207).
 *
 * <p>The result is a subject and nothing else. The seal maps it to a person; this package does not know what that
 * person may do. It must not know passkeys, sessions or pages.
 *
 * <p>Start with {@link dev.interlock.signin.OidcSignIn}. {@code IdToken} is the only class in which a library verifies
 * the provider's signatures. {@code ProviderClient} is the only one that calls the provider.
 */
@NullMarked
package dev.interlock.signin;

import org.jspecify.annotations.NullMarked;
