/**
 * OAuth 2.1 as a client: grants, the token endpoint, and our own calls to other people's servers.
 *
 * <p>The keys process uses it, so it must not know the gateway. Start with {@link OAuthGrant}.
 */
@NullMarked
package dev.interlock.oauth;

import org.jspecify.annotations.NullMarked;
